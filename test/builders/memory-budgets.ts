import {
  type AskedBucket,
  BUCKETS,
  type BucketName,
  type BucketState,
  type Budgets,
  type Clock,
  type Reservation,
  UNTOUCHED,
  asksBesides,
  blockedBy,
  counted,
  decideAdmission,
  failedOnce,
  released,
  reservationsOf,
  spent,
  succeeded,
  unblocked,
} from '@mooring/core'

/** Budgets of one process, by the same rules and on any clock. */
export interface MemoryBudgets extends Budgets {
  /** What `CertificateStore.saveIssued` does with what was reserved. */
  issued(ca: string, certificateId: string, hostname: string): void
  /** What `CertificateStore.abandon` does with what was reserved. */
  abandoned(ca: string, certificateId: string): void
}

interface KeptBucket {
  ca: string
  bucket: BucketName
  key: string
  state: BucketState
}

/** There are no leases: whoever asks holds its own. */
export function memoryBudgets(clock: Clock): MemoryBudgets {
  const kept = new Map<string, KeptBucket>()
  const reservations = new Map<string, Reservation[]>()
  const now = () => clock.now().getTime()
  const nameOf = (ca: string, bucket: BucketName, key: string) => `${ca} ${bucket} ${key}`
  const stateOf = (ca: string, { bucket, key }: Named) => kept.get(nameOf(ca, bucket, key))?.state ?? UNTOUCHED
  const keep = (ca: string, { bucket, key }: Named, state: BucketState) => {
    kept.set(nameOf(ca, bucket, key), { ca, bucket, key, state })
  }
  const take = (certificateId: string): Reservation[] => {
    const taken = reservations.get(certificateId) ?? []
    reservations.delete(certificateId)
    return taken
  }

  return {
    async admit(_lease, certificateId, { ca, asks }) {
      const reserved = reservations.get(certificateId) ?? null
      const asked: AskedBucket[] = asksBesides(asks, reserved).map((ask) => ({ ...ask, state: stateOf(ca, ask) }))
      const { admission, states } = decideAdmission(asked, now())
      for (const [place, one] of asked.entries()) {
        const state = states[place]
        if (state !== undefined && state !== one.state) keep(ca, one, state)
      }
      if (admission.kind === 'admitted') {
        reservations.set(certificateId, [...(reserved ?? []), ...reservationsOf(asked)])
      }
      return admission
    },
    async spend(ca, asks) {
      for (const ask of asks) {
        const state = stateOf(ca, ask)
        const after = counted({ ...ask, state }, now())
        if (after !== state) keep(ca, ask, after)
      }
    },
    async failed(ca, ask) {
      const state = failedOnce(stateOf(ca, ask), ask.limit, now())
      keep(ca, ask, state)
      return new Date(state.blockedUntil)
    },
    async block(ca, ask, word) {
      keep(ca, ask, blockedBy(stateOf(ca, ask), word))
    },
    async unblock(hostname) {
      for (const one of kept.values()) {
        if (one.bucket === 'failed_validations' && one.key === hostname) one.state = unblocked(one.state)
      }
    },
    async freest(ca, accounts) {
      // One moment for all of them: a clock that ticks in between would tell equals apart.
      const at = now()
      const rank = (account: string): [number, number, number] => {
        const { unpauseUrl, blockedUntil, tat } = stateOf(ca, { bucket: 'new_orders', key: account })
        return [unpauseUrl === null ? 0 : 1, Math.max(blockedUntil, at), Math.max(tat, at)]
      }
      const [best] = accounts.toSorted((a, b) => compare(rank(a), rank(b)))
      if (best === undefined) throw new TypeError(`${ca} has no account that could be the freest`)
      return best
    },
    async buckets(limit) {
      const at = now()
      const usedUntil = ({ tat }: BucketState) => Math.max(tat, at)
      const kinds = Map.groupBy([...kept.values()].filter(isTouched(at)), ({ ca, bucket }) => `${ca} ${bucket}`)
      const placed = [...kinds.values()].flatMap((ones) =>
        ones
          .toSorted((a, b) => usedUntil(b.state) - usedUntil(a.state) || b.state.reserved - a.state.reserved)
          .map((one, place) => ({ one, place })),
      )
      return placed
        .toSorted((a, b) => a.place - b.place || BUCKETS.indexOf(a.one.bucket) - BUCKETS.indexOf(b.one.bucket))
        .slice(0, limit)
        .map(({ one: { state, ...key } }) => ({ ...key, ...state }))
    },
    issued(ca, certificateId, hostname) {
      for (const reservation of take(certificateId)) {
        keep(ca, reservation, spent(stateOf(ca, reservation), reservation, now()))
      }
      const failures: Named = { bucket: 'failed_validations', key: hostname }
      if (kept.has(nameOf(ca, failures.bucket, failures.key))) keep(ca, failures, succeeded(stateOf(ca, failures)))
    },
    abandoned(ca, certificateId) {
      for (const reservation of take(certificateId)) keep(ca, reservation, released(stateOf(ca, reservation)))
    },
  }
}

interface Named {
  bucket: BucketName
  key: string
}

const isTouched =
  (now: number) =>
  ({ state }: KeptBucket): boolean =>
    state.tat > now || state.reserved > 0 || state.blockedUntil > 0 || state.unpauseUrl !== null || state.failures > 0

function compare(a: readonly number[], b: readonly number[]): number {
  const place = a.findIndex((value, at) => value !== b[at])
  return place === -1 ? 0 : (a[place] ?? 0) - (b[place] ?? 0)
}
