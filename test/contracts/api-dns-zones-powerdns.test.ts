import { createDnsProvider } from '@mooring/providers'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { apiUnderTest } from '../builders/api-under-test.ts'
import { freePorts } from '../services/free-ports.ts'
import { type PowerDns, startPowerDns } from '../services/powerdns.ts'
import type { Running } from '../services/provide.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
let powerdns: Running<PowerDns>
beforeAll(async () => {
  powerdns = await startPowerDns()
  await powerdns.address.createZone('apps.example.com')
})
afterAll(() => powerdns?.stop())

let api: ReturnType<typeof apiUnderTest>
beforeEach(() => {
  api = apiUnderTest(database(), { openDnsAccount: createDnsProvider })
})

const manage = (fields: Record<string, unknown> = {}) => {
  const { apiUrl, apiKey } = powerdns.address
  const body = {
    name: 'apps.example.com',
    provider: 'powerdns',
    url: apiUrl,
    credentials: { api_key: apiKey },
    ...fields,
  }
  return api.call('POST', '/v1/dns-zones', { body })
}

it('a zone of a real PowerDNS is managed once its key and its name are right', async () => {
  const wrongKey = await manage({ credentials: { api_key: 'not-the-key' } })
  expect([wrongKey.status, wrongKey.json.errors[0].code]).toEqual([422, 'CREDENTIALS_REFUSED'])
  expect(wrongKey.text).not.toContain('not-the-key')
  const wrongName = await manage({ name: 'other.example.com' })
  expect([wrongName.status, wrongName.json.errors[0].code]).toEqual([422, 'ZONE_NOT_FOUND'])
  const [closed] = await freePorts(1)
  const away = await manage({ url: `http://127.0.0.1:${closed}` })
  expect([away.status, away.json.code]).toEqual([503, 'DEPENDENCY_UNAVAILABLE'])
  const { status, text } = await manage()
  expect(status).toBe(201)
  expect(text).not.toContain(powerdns.address.apiKey)
})

it('its plan compares with what stands there, and leaves it so', async () => {
  const { json: zone } = await manage()
  await powerdns.address.setRecords('taken.apps.example.com', 'CNAME', ['old.example.net'])
  const plan = async (hostname: string) =>
    (await api.call('GET', `/v1/dns-zones/${zone.id}/plan?hostname=${hostname}`)).json
  const free = await plan('new.apps.example.com')
  expect(free.conflicts).toEqual([])
  expect(free.lines).toContain('add CNAME new.apps.example.com → edge.platform.example')
  const taken = await plan('taken.apps.example.com')
  expect([taken.changes, taken.conflicts[0]]).toEqual([
    [],
    expect.objectContaining({ name: 'taken.apps.example.com', values: ['old.example.net'] }),
  ])
  expect(await plan('new.apps.example.com')).toMatchObject({ lines: expect.arrayContaining([free.lines[1]]) })
})
