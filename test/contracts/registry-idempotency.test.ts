import { type Hostname, type Registry, type StoredResponse, newDomainId } from '@mooring/core'
import { createRegistry } from '@mooring/postgres'
import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import { aDomain } from '../builders/domain.ts'
import { usePostgres } from '../services/test-database.ts'

const { database, openAnother } = usePostgres()
let registry: Registry
beforeEach(() => {
  registry = createRegistry(database(), { tokenLifetimeMs: 1000, rotationGraceMs: 1000 })
})

const accepted = (body: unknown = { id: 1 }): StoredResponse => ({ status: 202, headers: { location: '/x' }, body })
const aNew = (hostname: string) => ({
  id: newDomainId(),
  hostname: hostname as Hostname,
  tenant: 'default',
  target: { type: 'none' as const },
  verification: aDomain().verification,
  tls: { mode: 'auto' as const },
  edgePool: 'default',
  metadata: {},
  lane: 'interactive' as const,
})

describe('a request with an idempotency key', () => {
  it('is answered again without being done again', async () => {
    let done = 0
    const work = async () => accepted({ times: ++done })
    const first = await registry.idempotently('k', 'hash', work)
    const second = await registry.idempotently('k', 'hash', work)
    expect(first).toEqual({ kind: 'answered', response: accepted({ times: 1 }), replayed: false })
    expect(second).toEqual({ kind: 'answered', response: accepted({ times: 1 }), replayed: true })
  })

  it('is refused when it comes with another body', async () => {
    await registry.idempotently('k', 'hash', async () => accepted())
    expect(await registry.idempotently('k', 'other', async () => accepted())).toEqual({ kind: 'mismatch' })
  })

  it('is told that the first is still running', async () => {
    const finish = Promise.withResolvers<void>()
    const started = Promise.withResolvers<void>()
    const first = registry.idempotently('k', 'hash', async () => {
      started.resolve()
      await finish.promise
      return accepted()
    })
    await started.promise
    const other = createRegistry(openAnother(), { tokenLifetimeMs: 1000, rotationGraceMs: 1000 })
    expect(await other.idempotently('k', 'hash', async () => accepted())).toEqual({ kind: 'in_flight' })
    expect(await other.idempotently('another', 'hash', async () => accepted())).toMatchObject({ kind: 'answered' })
    finish.resolve()
    expect(await first).toMatchObject({ replayed: false })
    expect(await other.idempotently('k', 'hash', async () => accepted())).toMatchObject({ replayed: true })
  })

  it('writes its domain and its answer together', async () => {
    const domain = aNew('shop.example.com')
    await registry.idempotently('k', 'hash', async (within) => {
      await within.create(domain)
      expect(await registry.find(domain.id)).toBeNull()
      return accepted()
    })
    expect(await registry.find(domain.id)).toMatchObject({ domain: { id: domain.id } })
  })

  it('leaves nothing behind when its work throws', async () => {
    const domain = aNew('shop.example.com')
    const broken = registry.idempotently('k', 'hash', async (within) => {
      await within.create(domain)
      throw new Error('broken')
    })
    await expect(broken).rejects.toThrow('broken')
    expect(await registry.find(domain.id)).toBeNull()
    expect(await registry.idempotently('k', 'hash', async () => accepted())).toMatchObject({ replayed: false })
  })

  it('can do every kind of intent', async () => {
    const domain = aNew('shop.example.com')
    await registry.idempotently('k', 'hash', async (within) => {
      await within.create(domain)
      await within.change(domain.id, { metadata: { a: 1 } })
      await within.check(domain.id)
      await within.remove(domain.id, { immediate: true, revoke: false })
      return accepted()
    })
    expect(await registry.find(domain.id)).toMatchObject({
      domain: { state: 'deprovisioning', metadata: { a: 1 }, gen: 4 },
    })
  })

  it('is done once when eight arrive at once', async () => {
    let done = 0
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => registry.idempotently('k', 'hash', async () => accepted(++done))),
    )
    expect(done).toBe(1)
    expect(answers.filter((answer) => answer.kind === 'answered' && !answer.replayed)).toHaveLength(1)
    expect(answers.every((answer) => answer.kind !== 'mismatch')).toBe(true)
  })

  it('is forgotten after 24 hours', async () => {
    await registry.idempotently('k', 'hash', async () => accepted('old'))
    await sql`update idempotency_keys set created_at = now() - interval '24 hours 1 second'`.execute(database().kysely)
    const answer = await registry.idempotently('k', 'other', async () => accepted('new'))
    expect(answer).toMatchObject({ kind: 'answered', replayed: false })
    expect(await registry.idempotently('k', 'other', async () => accepted())).toMatchObject({
      replayed: true,
      response: { body: 'new' },
    })
  })
})
