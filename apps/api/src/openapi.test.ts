import { ERRORS, REASON_CODES } from '@mooring/core'
import { openDatabase } from '@mooring/postgres'
import { beforeAll, describe, expect, it } from 'vitest'
import { apiUnderTest } from '../../../test/builders/api-under-test.ts'

const database = openDatabase({
  url: 'postgres://nobody@127.0.0.1:1/nothing',
  log: { debug() {}, info() {}, warn() {}, error() {} },
})
const { app, call } = apiUnderTest(database)
const routes: { method: string; url: string }[] = []
app.addHook('onRoute', ({ method, url }) => {
  for (const one of [method].flat()) if (one !== 'HEAD') routes.push({ method: one, url })
})

interface Operation {
  responses: Record<string, { description: string; content?: Record<string, unknown> }>
  security?: unknown[]
}
interface Document {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, { properties?: Record<string, { enum?: string[] }> }> }
}
let document: Document
beforeAll(async () => {
  document = (await call('GET', '/openapi.json', { key: null })).json
})

const operationOf = ({ method, url }: { method: string; url: string }) =>
  document.paths[url.replace(/(?<!:):([a-z]+)/g, '{$1}').replaceAll('::', ':')]?.[method.toLowerCase()]

/** Whether a `$ref` is a JSON pointer (RFC 6901) to something in this very document. */
function leadsSomewhere(reference: string): boolean {
  if (!reference.startsWith('#/')) return false
  const parts = reference.slice(2).split('/')
  const found = parts.reduce<unknown>((inner, part) => {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    return typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined
  }, document)
  return found !== undefined
}

describe('/openapi.json', () => {
  it('is OpenAPI 3.1', () => {
    expect(document.openapi).toMatch(/^3\.1\./)
  })

  it('describes every route under /v1, with its problems', () => {
    const versioned = routes.filter(({ url }) => url.startsWith('/v1/'))
    expect(versioned.length).toBeGreaterThan(10)
    for (const route of versioned) {
      const operation = operationOf(route)
      expect(operation, `${route.method} ${route.url}`).toBeDefined()
      for (const status of ['401', '403', '500', '503']) {
        expect(Object.keys(operation?.responses[status]?.content ?? {})).toEqual(['application/problem+json'])
      }
    }
  })

  it('says which role a call needs, and whether tenants’ keys may make it', () => {
    expect(operationOf({ method: 'GET', url: '/v1/domains' })).toMatchObject({
      'x-role': 'viewer',
      'x-tenant-keys': true,
    })
    expect(operationOf({ method: 'POST', url: '/v1/edges' })).toMatchObject({
      'x-role': 'admin',
      'x-tenant-keys': false,
    })
    expect(operationOf({ method: 'GET', url: '/v1/edges/self/routes' })).not.toHaveProperty('x-role')
  })

  it('lists every reason and every error code from the tables in core', () => {
    const { Reason, Problem } = document.components.schemas
    expect(Reason?.properties?.['code']?.enum).toEqual(REASON_CODES)
    expect(Problem?.properties?.['code']?.enum).toEqual(Object.keys(ERRORS))
  })

  it('names what clients use again and again, and refers to nothing that is not there', () => {
    const { schemas } = document.components
    expect(Object.keys(schemas)).toEqual(
      expect.arrayContaining([
        'Domain',
        'RegistrationInput',
        'RegistrationPlan',
        'DomainChangeInput',
        'DnsZone',
        'NewDnsZoneInput',
        'Job',
        'Edge',
        'Problem',
        'Reason',
      ]),
    )
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(([, reference]) =>
      String(reference),
    )
    expect(references.length).toBeGreaterThan(100)
    expect(new Set(references.filter((reference) => !leadsSomewhere(reference)))).toEqual(new Set())
  })

  it('has credentials in what is sent for a zone, and not in what is shown of it', () => {
    expect(JSON.stringify(document.components.schemas['NewDnsZoneInput'])).toContain('"credentials"')
    const { DnsZone } = document.components.schemas
    expect(JSON.stringify(DnsZone)).toContain('"key_name"')
    expect(JSON.stringify(DnsZone)).not.toMatch(/credentials|api_key|secret|token/)
  })

  it('asks for a key except where none is needed', () => {
    expect(operationOf({ method: 'GET', url: '/healthz' })?.security).toEqual([])
    expect(operationOf({ method: 'GET', url: '/v1/domains' })?.security).toBeUndefined()
  })
})
