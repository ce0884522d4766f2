import { readFileSync } from 'node:fs'
import { openDatabase } from '@mooring/postgres'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { apiUnderTest } from '../builders/api-under-test.ts'
import { createTestDatabase, startPostgres } from '../services/postgres.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
let world: Awaited<ReturnType<typeof start>>
beforeEach(async () => {
  world = await start()
})
afterEach(() => world.database.close())

/** A server of its own, since it is taken away. */
async function start() {
  const server = await startPostgres()
  const { url } = await createTestDatabase(server)
  const database = openDatabase({ url, statementMs: 500, log: silent })
  return { server, database, api: apiUnderTest(database) }
}

describe('while the database is away', () => {
  it('nothing is accepted that is not kept: 503 with Retry-After, alive but not ready', async () => {
    const { api, server } = world
    const launch = (hostname: string, headers = {}) =>
      api.call('POST', '/v1/domains', { body: { hostname, target: { type: 'none' } }, headers })
    expect((await launch('before.example.com')).status).toBe(202)
    expect((await api.call('GET', '/readyz')).status).toBe(200)

    await server.stop()

    for (const headers of [{}, { 'idempotency-key': 'k' }]) {
      const answer = await launch('after.example.com', headers)
      expect([answer.status, answer.json.code, answer.headers['retry-after']]).toEqual([
        503,
        'DATABASE_UNAVAILABLE',
        '5',
      ])
    }
    for (const url of ['/v1/domains', '/v1/domains/before.example.com', '/v1/jobs', '/v1/edges']) {
      expect((await api.call('GET', url)).json).toMatchObject({ status: 503, code: 'DATABASE_UNAVAILABLE' })
    }
    expect((await api.call('GET', '/readyz')).status).toBe(503)
    expect((await api.call('GET', '/healthz')).status).toBe(200)
  })

  it('a frozen one is told from a slow one soon, and nothing is lost when it goes on', async () => {
    const { api, server } = world
    const { pid } = server.address
    if (pid === null) throw new Error('This test freezes the server, so it needs one of its own.')
    const post = (hostname: string) => api.call('POST', '/v1/domains', { body: { hostname, target: { type: 'none' } } })
    expect((await post('before.example.com')).status).toBe(202)

    const frozen = [pid, ...childrenOf(pid)]
    for (const member of frozen) process.kill(member, 'SIGSTOP')
    const answer = await post('during.example.com')
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5'])
    for (const member of frozen) process.kill(member, 'SIGCONT')

    expect((await post('after.example.com')).status).toBe(202)
    expect((await api.call('GET', '/v1/domains/before.example.com')).status).toBe(200)
    await server.stop()
  })
})

/** proc(5): the kernel's own list. */
const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
