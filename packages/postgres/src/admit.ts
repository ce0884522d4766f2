import {
  type Admission,
  type AppError,
  type AskedBucket,
  type BucketState,
  type Lease,
  type LimitAsk,
  type Reservation,
  UNTOUCHED,
  asksBesides,
  decideAdmission,
  reservationsOf,
} from '@mooring/core'
import { type Kysely, type RawBuilder, type Transaction, sql } from 'kysely'
import { type LockedBuckets, inBucketTransaction, lockBuckets, nameOf, writeBuckets } from './bucket-rows.ts'
import { notOpen, staleLease } from './certificate-write.ts'
import type { Tables } from './tables.ts'

export interface AdmissionAsk {
  lease: Lease
  certificateId: string
  ca: string
  asks: readonly LimitAsk[]
}

/**
 * See `Budgets.admit`, for many at once: one after the other by core's rules, under the locks of all their domains and
 * buckets. Whoever lost its lease gets the error, and takes nothing.
 */
export function admitAll(kysely: Kysely<Tables>, requests: readonly AdmissionAsk[]): Promise<(Admission | AppError)[]> {
  return inBucketTransaction(kysely, async (transaction) => {
    const orders = await lockOrders(transaction, requests)
    const locked = await lockBuckets(
      transaction,
      requests.flatMap(({ ca, asks }) => asks.map(({ bucket, key }) => ({ ca, bucket, key }))),
    )
    const ledger = openLedger(locked)
    const answers = requests.map((request) => {
      const order = orders.get(leaseKey(request.lease.domainId, request.lease.token))
      if (order === undefined) return staleLease(request.lease)
      if (order.certificateId !== request.certificateId) return notOpen(request.certificateId)
      return decideOne(request, order, ledger)
    })
    const [changed, admitted] = [ledger.changed(), [...orders.values()].filter(({ isAdmitted }) => isAdmitted)]
    if (changed.length + admitted.length > 0) {
      await writeBuckets(transaction, changed, { locked, besides: reservedBy(admitted) })
    }
    return answers
  })
}

/** The order under way of a domain whose lease stands. */
interface OpenOrder {
  certificateId: string | null
  reserved: Reservation[] | null
  isAdmitted: boolean
}

const leaseKey = (domainId: string, token: number): string => `${domainId} ${token}`

/**
 * The commit does not wait for the disk, with the locks held. What a database that crashes forgets thereby are orders of
 * its last moments, of which none was stored either: the order's own commit comes later, waits, and takes these along.
 * The authority may have counted some; the share of every limit that is left alone is for such things.
 */
async function lockOrders(
  transaction: Transaction<Tables>,
  requests: readonly AdmissionAsk[],
): Promise<Map<string, OpenOrder>> {
  const { rows } = await sql<{ id: string; token: number } & Omit<OpenOrder, 'isAdmitted'>>`
    with held as (
      select domains.id, domains.lease_token as token
      from domains join unnest(
        ${requests.map(({ lease }) => lease.domainId)}::text[],
        ${requests.map(({ lease }) => lease.token)}::bigint[]
      ) as asked (id, token) on domains.id = asked.id and domains.lease_token = asked.token
      order by domains.id
      for no key update of domains
    )
    select held.id, held.token, c.id as "certificateId", c.reserved,
      set_config('synchronous_commit', 'off', true)
    from held left join certificates c on c.domain_id = held.id and c.status = 'ordering'`.execute(transaction)
  return new Map(
    rows.map(({ id, token, certificateId, reserved }) => [
      leaseKey(id, token),
      { certificateId, reserved, isAdmitted: false },
    ]),
  )
}

interface Ledger {
  now: number
  stateOf(name: string): BucketState
  change(bucket: AskedBucket & { ca: string }): void
  changed(): (AskedBucket & { ca: string })[]
}

/** The buckets as each decision leaves them to the next. */
function openLedger({ now, states }: LockedBuckets): Ledger {
  const changes = new Map<string, AskedBucket & { ca: string }>()
  return {
    now,
    stateOf: (name) => changes.get(name)?.state ?? states.get(name) ?? UNTOUCHED,
    change: (bucket) => void changes.set(nameOf(bucket), bucket),
    changed: () => [...changes.values()],
  }
}

function decideOne({ ca, asks }: AdmissionAsk, order: OpenOrder, ledger: Ledger): Admission {
  const needed = asksBesides(asks, order.reserved)
  const asked = needed.map((ask) => ({ ...ask, ca, state: ledger.stateOf(nameOf({ ...ask, ca })) }))
  const { admission, states } = decideAdmission(asked, ledger.now)
  for (const [place, one] of asked.entries()) {
    const state = states[place]
    if (state !== undefined && state !== one.state) ledger.change({ ...one, state })
  }
  if (admission.kind === 'admitted') {
    order.reserved = [...(order.reserved ?? []), ...reservationsOf(needed)]
    order.isAdmitted = true
  }
  return admission
}

const reservedBy = (admitted: readonly OpenOrder[]): RawBuilder<unknown> => sql`
  update certificates c set reserved = given.reserved
  from jsonb_to_recordset(${JSON.stringify(admitted)}::jsonb) as given ("certificateId" text, reserved jsonb)
  where c.id = given."certificateId"`
