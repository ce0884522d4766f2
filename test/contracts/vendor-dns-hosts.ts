import type { RecordSet } from '@mooring/core'
import { createCloudflareHost, createDigitalOceanHost, createRoute53Host } from '@mooring/providers'
import type { DnsHostUnderTest } from './dns-provider.contract.ts'
import { startScriptedCloudflare } from './scripted-cloudflare.ts'
import { startScriptedDigitalOcean } from './scripted-digitalocean.ts'
import { type ScriptedHost, textBehind } from './scripted-dns-hosts.ts'
import { startScriptedRoute53 } from './scripted-route53.ts'

/** The zone that every scripted host holds. */
export const zone = 'example.com'

export interface VendorUnderTest extends DnsHostUnderTest {
  host: ScriptedHost
}

interface Options {
  pageSize?: number
}

/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:1'

export async function startCloudflare(options: Options = {}) {
  const host = await startScriptedCloudflare(zone, options)
  const open = (api_token: string, url = host.url) => createCloudflareHost({ api_token }, { url })
  return {
    host,
    zone,
    provider: open(host.apiToken),
    stranger: open('cf-v1_AnotherTokenOfFortyCharacters0123456789'),
    gone: open(host.apiToken, NOWHERE),
    served: async (name: string, type: RecordSet['type']) =>
      host.records
        .filter((record) => record.name === name && record.type === type)
        .map(({ content }) => (type === 'TXT' ? textBehind(content, 10) : content)),
    stop: () => host.stop(),
  } satisfies VendorUnderTest
}

export async function startDigitalOcean(options: Options = {}) {
  const host = await startScriptedDigitalOcean(zone, options)
  const open = (token: string, url = host.url) => createDigitalOceanHost({ token }, { url })
  return {
    host,
    zone,
    provider: open(host.token),
    stranger: open('dop_v1_another'),
    gone: open(host.token, NOWHERE),
    served: async (name: string, type: RecordSet['type']) =>
      host.records
        .filter((record) => record.type === type && (record.name === '@' ? zone : `${record.name}.${zone}`) === name)
        .map(({ data }) => data),
    stop: () => host.stop(),
  } satisfies VendorUnderTest
}

export async function startRoute53(options: Options = {}) {
  const host = await startScriptedRoute53(zone, options)
  const open = (access_key_id: string, endpoint = host.url) =>
    createRoute53Host({ access_key_id, secret_access_key: 'secret' }, { endpoint })
  return {
    host,
    zone,
    provider: open(host.accessKeyId),
    stranger: open('AKIDANOTHER'),
    gone: open(host.accessKeyId, NOWHERE),
    served: async (name: string, type: RecordSet['type']) =>
      host.sets
        .filter((set) => set.name === `${name}.` && set.type === type)
        .flatMap(({ values }) => values.map((value) => (type === 'TXT' ? textBehind(value, 8) : value))),
    stop: () => host.stop(),
  } satisfies VendorUnderTest
}

export const recordSet = (name: string, type: RecordSet['type'], ...values: string[]): RecordSet => ({
  name,
  type,
  ttlSeconds: 300,
  values,
})

/** What the call throws, or its answer as text. */
export const problemOf = (call: Promise<unknown>) => call.then(String, (error: unknown) => error)
