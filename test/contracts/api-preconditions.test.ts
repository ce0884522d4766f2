import { beforeEach, describe, expect, it } from 'vitest'
import { apiUnderTest } from '../builders/api-under-test.ts'
import { storeDomainIn } from '../builders/domain-in-state.ts'
import { usePostgres } from '../services/test-database.ts'

const { database, connect } = usePostgres()
let api: ReturnType<typeof apiUnderTest>
let id: string
beforeEach(async () => {
  api = apiUnderTest(database())
  id = await storeDomainIn(database(), 'active')
})

const path = () => `/v1/domains/${id}`
const read = (headers: Record<string, string> = {}) => api.call('GET', path(), { headers })
const tag = async () => String((await read()).headers['etag'])
const change = (etag: string, target: string) =>
  api.call('PATCH', path(), {
    body: { target: { type: 'redirect', url: target } },
    headers: { 'if-match': etag },
  })

describe('the ETag of a domain', () => {
  it('stays while nothing changes, and a caller who has it is told so without a body', async () => {
    const etag = await tag()
    expect([etag, etag.startsWith('"')]).toEqual([await tag(), true])
    const { status, text, headers } = await read({ 'if-none-match': `"other", W/${etag}` })
    expect([status, text, headers['etag']]).toEqual([304, '', etag])
    expect((await read({ 'if-none-match': '"other"' })).status).toBe(200)
  })

  it('comes with what a change answers, and is that of the next read', async () => {
    const answer = await change(await tag(), 'https://one.example.net/')
    expect([answer.status, answer.headers['etag']]).toEqual([202, await tag()])
  })
})

describe('If-Match', () => {
  it('lets one of two who read the same change it, and tells the other', async () => {
    const etag = await tag()
    const answers = await Promise.all([
      change(etag, 'https://one.example.net/'),
      change(etag, 'https://two.example.net/'),
    ])
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202, 412]))
    const winner = answers[0].status === 202 ? 'https://one.example.net/' : 'https://two.example.net/'
    expect((await read()).json.target.url).toBe(winner)
  })

  it('is judged under the row’s lock: what another is just writing counts', async () => {
    const etag = await tag()
    const other = await connect()
    await other.query('begin')
    await other.query(`update domains set metadata = '{"plan": "pro"}' where id = $1`, [id])
    const answer = change(etag, 'https://one.example.net/')
    await expect
      .poll(async () => (await database().pool.query('select 1 from pg_locks where not granted')).rowCount)
      .toBeGreaterThan(0)
    await other.query('commit')
    await other.end()
    expect(await answer).toMatchObject({ status: 412, json: { code: 'PRECONDITION_FAILED' } })
  })

  it('holds for deletion and for every action', async () => {
    for (const call of [
      api.call('DELETE', path(), { headers: { 'if-match': '"old"' } }),
      ...['check', 'suspend', 'renew', 'rotate-token'].map((action) =>
        api.call('POST', `${path()}/${action}`, { headers: { 'if-match': '"old"' } }),
      ),
    ]) {
      expect((await call).status).toBe(412)
    }
    expect((await read()).json.state).toBe('active')
    const { status } = await api.call('POST', `${path()}/suspend`, {
      headers: { 'if-match': await tag(), 'idempotency-key': 'once' },
    })
    expect(status).toBe(202)
  })

  it('never matches weakly, and with * only asks that the domain is there', async () => {
    expect((await change(`W/${await tag()}`, 'https://one.example.net/')).status).toBe(412)
    expect((await change('*', 'https://one.example.net/')).status).toBe(202)
  })
})
