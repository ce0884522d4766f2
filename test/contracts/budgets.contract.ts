import {
  type Budgets,
  DAY,
  type Hostname,
  HOUR,
  type Lease,
  type Limits,
  MINUTE,
  type OrderKind,
  SECOND,
  asksOf,
} from '@mooring/core'
import { beforeEach, describe, expect, it } from 'vitest'

/** A certificate on order, whose key is stored already. */
export interface OrderUnderTest {
  hostname: Hostname
  lease: Lease
  certificateId: string
}

export interface BudgetsUnderTest {
  budgets: Budgets
  /** Other processes' view of the same budgets, each with connections of its own. */
  others: readonly Budgets[]
  order(hostname: string): Promise<OrderUnderTest>
  issued(order: OrderUnderTest): Promise<void>
  abandoned(order: OrderUnderTest): Promise<void>
  /** Time goes on by so much, for every bucket. */
  elapse(ms: number): Promise<void>
}

const CA = 'acme'
const LIMITS: Limits = {
  new_orders: { burst: 100, refillMs: HOUR },
  certificates_of_domain: { burst: 50, refillMs: 2 * HOUR },
  exact_set: { burst: 5, refillMs: 12 * HOUR },
  failed_validations: { burst: 5, refillMs: 12 * MINUTE },
}
const ACCOUNT_ONLY: Limits = { new_orders: { burst: 100, refillMs: HOUR } }

/** What every mirror of the limits does, wherever its rows are. `open` gives one that is empty. */
export function budgetsContract(name: string, open: () => Promise<BudgetsUnderTest>): void {
  describe(`budgets ${name}`, () => {
    let mirror: BudgetsUnderTest
    let budgets: Budgets
    beforeEach(async () => {
      mirror = await open()
      budgets = mirror.budgets
    })

    const asksFor = (hostname: string, kind: OrderKind = 'new', limits = LIMITS) =>
      asksOf({ account: CA, hostname: hostname as Hostname, kind }, limits)
    const admit = (
      { lease, certificateId, hostname }: OrderUnderTest,
      {
        kind = 'new',
        limits = LIMITS,
        by = budgets,
      }: { kind?: OrderKind; limits?: Limits; by?: Budgets | undefined } = {},
    ) => by.admit(lease, certificateId, { ca: CA, asks: asksFor(hostname, kind, limits) })
    const stateOf = async (bucket: string, key: string) =>
      (await budgets.buckets(1000)).find((one) => one.bucket === bucket && one.key === key)
    const orders = (count: number, nameOf: (index: number) => string) =>
      Promise.all(Array.from({ length: count }, (_, index) => mirror.order(nameOf(index))))

    it('admits exactly what there is, however many ask at once', async () => {
      const asking = await orders(160, (index) => `shop.customer-${index}.com`)
      const processes = [budgets, ...mirror.others]
      const answers: string[] = []
      const next = asking.values()
      const admitter = async (by: Budgets | undefined) => {
        for (const order of next) answers.push((await admit(order, { limits: ACCOUNT_ONLY, by })).kind)
      }
      await Promise.all(Array.from({ length: 32 }, (_, index) => admitter(processes[index % processes.length])))
      expect(answers.filter((kind) => kind === 'admitted')).toHaveLength(70)
      expect(answers.filter((kind) => kind === 'budget')).toHaveLength(90)
    })

    it('admits exactly what there is of a bucket that nobody has touched yet', async () => {
      const limits: Limits = { certificates_of_domain: { burst: 10, refillMs: DAY } }
      const asking = await orders(32, (index) => `shop-${index}.customer.com`)
      const processes = [budgets, ...mirror.others]
      const answers = await Promise.all(
        asking.map((order, index) => admit(order, { limits, by: processes[index % processes.length] })),
      )
      expect(answers.filter(({ kind }) => kind === 'admitted')).toHaveLength(7)
      expect(await stateOf('certificates_of_domain', 'customer.com')).toMatchObject({ reserved: 7 })
    })

    it('takes nothing at all when one of several tokens is missing', async () => {
      const [first, second] = await orders(2, (index) => `shop-${index}.customer.com`)
      await budgets.block(CA, { bucket: 'certificates_of_domain', key: 'customer.com' }, { until: inHours(1) })
      expect(first && (await admit(first))).toMatchObject({ kind: 'blocked', bucket: 'certificates_of_domain' })
      expect(await stateOf('new_orders', CA)).toBeUndefined()

      await mirror.elapse(HOUR + SECOND)
      const limits: Limits = { ...LIMITS, certificates_of_domain: { burst: 1, refillMs: DAY } }
      expect(first && (await admit(first, { limits })).kind).toBe('admitted')
      expect(second && (await admit(second, { limits })).kind).toBe('budget')
      expect(second && (await stateOf('exact_set', second.hostname))).toBeUndefined()
    })

    it('lets renewals pass where launches have to stop', async () => {
      const limits: Limits = { exact_set: { burst: 10, refillMs: DAY } }
      const again = () => mirror.order('shop.customer.com')
      for (let launch = 0; launch < 7; launch++) expect((await admit(await again(), { limits })).kind).toBe('admitted')
      expect((await admit(await again(), { limits })).kind).toBe('budget')
      expect((await admit(await again(), { limits, kind: 'renewal' })).kind).toBe('admitted')
      expect((await admit(await again(), { limits, kind: 'renewal' })).kind).toBe('budget')
      expect((await admit(await again(), { limits, kind: 'ari' })).kind).toBe('admitted')
    })

    it('gives ten thousand who have to wait each a turn of its own, one refill after the other', async () => {
      const limits: Limits = { new_orders: { burst: 100, refillMs: MINUTE } }
      const [order] = await orders(1, () => 'shop.customer.com')
      if (order === undefined) throw new Error('no order')
      for (let launch = 0; launch < 70; launch++) await admit(order, { limits })
      const turns = await Promise.all(
        Array.from({ length: 10_000 }, async () => {
          const refusal = await admit(order, { limits })
          return refusal.kind === 'budget' ? refusal.until : 0
        }),
      )
      const [first = 0] = turns
      expect(first).toBeGreaterThan(0)
      expect(turns).toEqual(turns.map((_, place) => first + place * MINUTE))
    })

    it('admits again when a token has come back', async () => {
      const [order] = await orders(1, () => 'shop.customer.com')
      if (order === undefined) throw new Error('no order')
      for (let launch = 0; launch < 70; launch++) await admit(order, { limits: ACCOUNT_ONLY })
      expect((await admit(order, { limits: ACCOUNT_ONLY })).kind).toBe('budget')
      await mirror.elapse(HOUR)
      expect((await admit(order, { limits: ACCOUNT_ONLY })).kind).toBe('admitted')
      expect((await admit(order, { limits: ACCOUNT_ONLY })).kind).toBe('budget')
    })

    describe('of one order', () => {
      const hostname = 'shop.customer.com'
      const reserved = async () => (await stateOf('exact_set', hostname))?.reserved ?? 0

      it('reserve once, even if the process died between the admission and the order', async () => {
        const order = await mirror.order(hostname)
        await admit(order)
        const once = await stateOf('new_orders', CA)
        expect((await admit(order)).kind).toBe('admitted')
        expect(await reserved()).toBe(1)
        // A second newOrder is sent, and the authority counts both.
        expect((await stateOf('new_orders', CA))?.tat).toBe((once?.tat ?? 0) + HOUR)
      })

      it('reserve what is missing when the next try is of another kind', async () => {
        const order = await mirror.order(hostname)
        await admit(order, { kind: 'ari' })
        expect(await reserved()).toBe(0)
        await admit(order, { kind: 'renewal' })
        await admit(order, { kind: 'new' })
        expect(await reserved()).toBe(1)
        await mirror.abandoned(order)
        expect(await reserved()).toBe(0)
        expect(await stateOf('certificates_of_domain', 'customer.com')).toBeUndefined()
      })

      it('are free again when it is given up, once', async () => {
        const [lost, kept] = [await mirror.order(hostname), await mirror.order(hostname)]
        await admit(lost)
        await admit(kept)
        expect(await reserved()).toBe(2)
        await mirror.abandoned(lost)
        await mirror.abandoned(lost)
        expect(await reserved()).toBe(1)
      })

      it('are spent when it is issued, once', async () => {
        const order = await mirror.order(hostname)
        await admit(order)
        await mirror.issued(order)
        const spent = await stateOf('exact_set', hostname)
        expect(spent).toMatchObject({ reserved: 0 })
        expect(await stateOf('certificates_of_domain', 'customer.com')).toMatchObject({ reserved: 0 })
        await mirror.issued(order)
        expect(await stateOf('exact_set', hostname)).toEqual(spent)
        await mirror.elapse(12 * HOUR)
        expect(await stateOf('exact_set', hostname)).toBeUndefined()
      })
    })

    it('spend a token that the authority took although the order was to be exempt', async () => {
      const hostname = 'shop.customer.com'
      await budgets.spend(CA, asksFor(hostname, 'renewal'))
      expect((await stateOf('exact_set', hostname))?.tat).toBeGreaterThan(0)
      expect(await stateOf('new_orders', CA)).toBeUndefined()
      expect(await stateOf('failed_validations', hostname)).toBeUndefined()
    })

    describe('when validations fail', () => {
      const hostname = 'shop.customer.com' as Hostname
      const [, , , ofName] = asksFor(hostname)
      const fail = async () => {
        if (ofName === undefined) throw new Error('no ledger')
        return budgets.failed(CA, ofName)
      }

      it('keep the name away for 1, 10 and 100 minutes, and daily from then on', async () => {
        const order = await mirror.order(hostname)
        const waits = [MINUTE, 10 * MINUTE, 100 * MINUTE, DAY, DAY]
        for (const [failures, wait] of waits.entries()) {
          const until = (await fail()).getTime()
          const refusal = await admit(order, { kind: 'ari' })
          expect(refusal).toEqual({ kind: 'blocked', bucket: 'failed_validations', key: hostname, until })
          const state = await stateOf('failed_validations', hostname)
          expect(state).toMatchObject({ failures: failures + 1, blockedUntil: until })
          await mirror.elapse(wait - 2 * SECOND)
          expect((await admit(order, { kind: 'ari', limits: {} })).kind).toBe('blocked')
          await mirror.elapse(2 * SECOND)
          expect((await admit(order, { kind: 'ari', limits: {} })).kind).toBe('admitted')
        }
      })

      it('forget them once the name has its certificate', async () => {
        await fail()
        await fail()
        const order = await mirror.order(hostname)
        await mirror.issued(order)
        expect(await stateOf('failed_validations', hostname)).toMatchObject({ failures: 0, blockedUntil: 0 })
        await mirror.elapse(DAY)
        const again = (await fail()).getTime()
        await mirror.elapse(MINUTE)
        expect((await stateOf('failed_validations', hostname))?.blockedUntil).toBeLessThan(again + 1)
        expect((await admit(await mirror.order(hostname))).kind).toBe('admitted')
      })
    })

    describe('that the authority closed', () => {
      const hostname = 'shop.customer.com' as Hostname
      const ofName = { bucket: 'failed_validations', key: hostname } as const

      it('stay closed as long as it said, for everybody who needs them', async () => {
        const until = inHours(2)
        await budgets.block(CA, { bucket: 'new_orders', key: CA }, { until })
        await budgets.block(CA, { bucket: 'new_orders', key: CA }, { until: inHours(1) })
        const order = await mirror.order('other.customer.com')
        expect(await admit(order, { limits: {} })).toEqual({
          kind: 'blocked',
          bucket: 'new_orders',
          key: CA,
          until: until.getTime(),
        })
        await mirror.elapse(2 * HOUR + SECOND)
        expect((await admit(order, { limits: {} })).kind).toBe('admitted')
      })

      it('stay closed until somebody has unpaused the name', async () => {
        const unpauseUrl = 'https://ca.example/unpause?jwt=x'
        await budgets.block(CA, ofName, { unpauseUrl })
        await mirror.elapse(365 * DAY)
        const order = await mirror.order(hostname)
        expect(await admit(order, { kind: 'ari' })).toMatchObject({ kind: 'paused', unpauseUrl })
        expect((await admit(await mirror.order('other.customer.com'))).kind).toBe('admitted')
        await budgets.unblock(hostname)
        expect((await admit(order, { kind: 'ari' })).kind).toBe('admitted')
      })

      it('open for a name, and keep what others share closed', async () => {
        await budgets.block(CA, ofName, { until: inHours(1) })
        await budgets.block('other-ca', ofName, { until: inHours(1) })
        await budgets.block(CA, { bucket: 'new_orders', key: CA }, { until: inHours(1) })
        await budgets.unblock(hostname)
        expect(await stateOf('failed_validations', hostname)).toBeUndefined()
        expect(await admit(await mirror.order(hostname))).toMatchObject({ kind: 'blocked', bucket: 'new_orders' })
      })
    })

    it('name the account with the most orders left, a closed one last', async () => {
      const accounts = [CA, 'acme/2', 'acme/3']
      expect(await budgets.freest(CA, accounts)).toBe(CA)
      await admit(await mirror.order('shop.customer.com'))
      expect(await budgets.freest(CA, accounts)).toBe('acme/2')
      await budgets.block(CA, { bucket: 'new_orders', key: 'acme/2' }, { until: inHours(1) })
      expect(await budgets.freest(CA, accounts)).toBe('acme/3')
      await budgets.block(CA, { bucket: 'new_orders', key: 'acme/3' }, { unpauseUrl: 'https://ca.example/unpause' })
      expect(await budgets.freest(CA, accounts)).toBe(CA)
      expect(await budgets.freest('other-ca', accounts)).toBe(CA)
    })

    it('list what is not full, the emptiest of each kind first, and no more than were asked for', async () => {
      expect(await budgets.buckets(10)).toEqual([])
      for (const hostname of ['a.customer.com', 'b.customer.com', 'b.customer.com']) {
        await admit(await mirror.order(hostname))
      }
      const named = (await budgets.buckets(10)).map(({ ca, bucket, key }) => [ca, bucket, key])
      expect(named).toEqual([
        [CA, 'new_orders', CA],
        [CA, 'certificates_of_domain', 'customer.com'],
        [CA, 'exact_set', 'b.customer.com'],
        [CA, 'exact_set', 'a.customer.com'],
      ])
      expect(await budgets.buckets(3)).toHaveLength(3)
    })
  })
}

const inHours = (hours: number): Date => new Date(Date.now() + hours * HOUR)
