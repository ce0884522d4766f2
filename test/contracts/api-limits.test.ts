import { type BucketName, DAY, type Hostname, LETS_ENCRYPT, type LimitAsk, SECOND, asksOf } from '@mooring/core'
import { createBudgets } from '@mooring/postgres'
import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import { apiUnderTest } from '../builders/api-under-test.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
const ACCOUNTS = ['acme', 'acme/2']
const LIMITS = [
  { ca: 'acme', accounts: ACCOUNTS, limits: LETS_ENCRYPT },
  { ca: 'other', accounts: ['other'], limits: {} },
]
/** Of a full account: its share of the burst, and what comes back within a day. */
const A_DAY = 210 + DAY / (36 * SECOND)

let api: ReturnType<typeof apiUnderTest>
let budgets: ReturnType<typeof createBudgets>
beforeEach(() => {
  budgets = createBudgets(database())
  api = apiUnderTest(database(), { budgets, limits: LIMITS })
})

const limits = async () => {
  const { status, json } = await api.call('GET', '/v1/limits')
  expect(status).toBe(200)
  return json
}
const askOf = (bucket: BucketName): LimitAsk => {
  const order = { account: 'acme', hostname: 'shop.example.com' as Hostname, kind: 'new' as const }
  return asksOf(order, LETS_ENCRYPT).find((ask) => ask.bucket === bucket) as LimitAsk
}
/** So many tokens of the bucket are gone just now. */
const use = (bucket: BucketName, key: string, tokens: number) => {
  const ms = tokens * (LETS_ENCRYPT[bucket]?.refillMs ?? 0)
  return sql`insert into ca_budgets (ca, bucket, key, tat)
             values ('acme', ${bucket}, ${key}, now() + ${ms} * interval '1 millisecond')`.execute(database().kysely)
}

describe('GET /v1/limits', () => {
  it('says what can be launched today, with each account and in total, before anything was ordered', async () => {
    const { at, until, authorities } = await limits()
    expect(new Date(until).getTime() - new Date(at).getTime()).toBe(DAY)
    expect(authorities).toMatchObject([
      {
        name: 'acme',
        launches: 2 * A_DAY,
        goes_at: at,
        accounts: ACCOUNTS.map((name) => ({ name, left: 210, launches: A_DAY, goes_at: at })),
        buckets: [],
      },
      { name: 'other', launches: null, goes_at: at, accounts: [{ name: 'other', left: null, launches: null }] },
    ])
    expect(authorities[0].limits[0]).toEqual({
      bucket: 'new_orders',
      burst: 300,
      refill_seconds: 36,
      launches: 210,
      renewals: null,
    })
  })

  it('takes off what was used, and counts from when an empty account has a token again', async () => {
    await use('new_orders', 'acme', 210)
    const { at, authorities } = await limits()
    const [{ launches, goes_at: goesAt, accounts, buckets }] = authorities
    expect(accounts[0]).toMatchObject({ left: 0, launches: A_DAY - 210 })
    expect(new Date(accounts[0].goes_at).getTime() - new Date(at).getTime()).toBeGreaterThan(30 * SECOND)
    // The other account is free: with it, the next launch goes now.
    expect([launches, goesAt]).toEqual([2 * A_DAY - 210, at])
    expect(buckets).toMatchObject([
      { bucket: 'new_orders', key: 'acme', used: 210, left: { launches: 0, renewals: null } },
    ])
  })

  it('shows the launches and the renewals that a registered domain and a name still have', async () => {
    await use('certificates_of_domain', 'example.com', 35)
    await use('exact_set', 'shop.example.com', 3)
    const [{ buckets }] = (await limits()).authorities
    expect(buckets).toMatchObject([
      { bucket: 'certificates_of_domain', key: 'example.com', left: { launches: 0, renewals: null } },
      { bucket: 'exact_set', key: 'shop.example.com', used: 3, left: { launches: 0, renewals: 1 } },
    ])
  })

  it('tells of a paused name, whom to go to, and that it waits for somebody', async () => {
    const unpauseUrl = 'https://ca.example/unpause'
    await budgets.block('acme', askOf('failed_validations'), { unpauseUrl })
    const [{ buckets }] = (await limits()).authorities
    expect(buckets).toMatchObject([
      {
        key: 'shop.example.com',
        unpause_url: unpauseUrl,
        launches: { orders: 0, goes_at: null },
        left: { renewals: 0 },
      },
    ])
  })

  it('tells until when an account is blocked, and how often a name failed', async () => {
    const until = new Date(Date.now() + DAY / 2)
    await budgets.block('acme', askOf('new_orders'), { until })
    await budgets.failed('acme', askOf('failed_validations'))
    const [{ accounts, buckets }] = (await limits()).authorities
    expect(accounts[0]).toMatchObject({ left: 0, goes_at: until.toISOString() })
    expect(accounts[0].launches).toBeLessThan(A_DAY - 1000)
    expect(buckets).toContainEqual(
      expect.objectContaining({ bucket: 'new_orders', key: 'acme', blocked_until: until.toISOString() }),
    )
    expect(buckets).toContainEqual(expect.objectContaining({ bucket: 'failed_validations', failures: 1 }))
  })
})
