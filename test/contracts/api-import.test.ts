import { beforeEach, describe, expect, it } from 'vitest'
import { apiUnderTest } from '../builders/api-under-test.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
let api: ReturnType<typeof apiUnderTest>
beforeEach(() => {
  api = apiUnderTest(database())
})

const row = (hostname: string, more: Record<string, unknown> = {}) => ({ hostname, target: { type: 'none' }, ...more })
const importRows = (body: unknown, headers: Record<string, string> = {}) =>
  api.call('POST', '/v1/domains:bulk', { body, headers })
const importLines = (text: string) =>
  api.call('POST', '/v1/domains:bulk', { text, headers: { 'content-type': 'application/x-ndjson' } })
const stored = async () => Number((await database().pool.query('select count(*) from domains')).rows[0]?.count)

describe('POST /v1/domains:bulk', () => {
  it('has a verdict for each of a thousand rows, half of them wrong, in their order', async () => {
    const rows = Array.from({ length: 1000 }, (_, n) => row(n % 2 === 0 ? `shop-${n}.example.com` : `not a name ${n}`))
    const { status, json } = await importRows(rows)
    expect([status, json.accepted, json.refused, await stored()]).toEqual([200, 500, 500, 500])
    expect(json.rows.map(({ line }: { line: number }) => line)).toEqual(rows.map((_, n) => n + 1))
    expect(json.rows[0]).toMatchObject({ status: 202, hostname: 'shop-0.example.com', code: null })
    expect(json.rows[1]).toMatchObject({ status: 422, id: null, code: 'INVALID', errors: [{ path: 'hostname' }] })
    expect((await api.call('GET', `/v1/domains/${json.rows[998].id}`)).json.hostname).toBe('shop-998.example.com')
  })

  it('takes lines, and a line that is not JSON has its verdict like any other', async () => {
    const text = `${JSON.stringify(row('one.example.com'))}\r\n{"hostname":\n${JSON.stringify(row('two.example.com'))}\n\n`
    const { json } = await importLines(text)
    expect(json.rows.map(({ status }: { status: number }) => status)).toEqual([202, 422, 202])
  })

  it('refuses no row for another: what is there already, comes twice or names no pool is said of that row alone', async () => {
    const { json: present } = await api.call('POST', '/v1/domains', { body: row('here.example.com') })
    const { json } = await importRows([
      row('here.example.com'),
      row('new.example.com'),
      row('new.example.com'),
      row('new.example.com', { tenant: 'another' }),
      row('far.example.com', { edge_pool: 'nowhere' }),
      row('lost.example.com', { verification: { method: 'managed' } }),
      7,
      null,
    ])
    expect(json.rows.map(({ status, code }: { status: number; code: string }) => [status, code])).toEqual([
      [409, 'HOSTNAME_EXISTS'],
      [202, null],
      [409, 'HOSTNAME_EXISTS'],
      [202, null],
      [422, 'INVALID'],
      [422, 'INVALID'],
      [422, 'INVALID'],
      [422, 'INVALID'],
    ])
    expect([json.rows[0].id, json.rows[2].id]).toEqual([present.id, json.rows[1].id])
    expect(json.rows[4].errors[0].code).toBe('EDGE_POOL_UNKNOWN')
    expect(json.rows[5].errors[0].code).toBe('ZONE_NOT_MANAGED')
  })

  it('makes domains like any other: due, with an event, and in the lane where nobody waits', async () => {
    const { json } = await importRows([row('one.example.com')])
    const { rows } = await database().pool.query(
      `select state, step, lane, next_run_at <= now() as due, claim_era, type
       from domains join events on events.domain_id = domains.id where domains.id = $1`,
      [json.rows[0].id],
    )
    expect(rows).toEqual([
      { state: 'pending', step: 'accept', lane: 'normal', due: true, claim_era: 0, type: 'domain.created' },
    ])
  })

  it('answers the same to the same Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'the move' }
    const first = await importRows([row('one.example.com')], headers)
    const second = await importRows([row('one.example.com')], headers)
    expect([second.text, await stored()]).toEqual([first.text, 1])
  })

  it('refuses a body that is no list, an empty one, and one of more than a thousand rows', async () => {
    for (const body of [row('one.example.com'), [], Array.from({ length: 1001 }, () => 1)]) {
      expect((await importRows(body)).status).toBe(422)
    }
  })

  it('takes lines nowhere else', async () => {
    const headers = { 'content-type': 'application/x-ndjson' }
    expect((await api.call('POST', '/v1/domains', { text: '{}', headers })).status).toBe(415)
  })

  it('lets two imports of the same names in opposite order both end', async () => {
    const names = Array.from({ length: 200 }, (_, n) => row(`shop-${n}.example.com`))
    const [one, two] = await Promise.all([importRows(names), importRows(names.toReversed())])
    expect([one.status, two.status, one.json.accepted + two.json.accepted]).toEqual([200, 200, 200])
  })
})
