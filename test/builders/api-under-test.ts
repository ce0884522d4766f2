import { accessTo, type ApiDependencies, type ApiSettings, buildApi, storesOf } from '@mooring/api'
import { createKeyCustody, DAY, HOUR, type Hint, type JobQueue, openManagedZones, systemClock } from '@mooring/core'
import { createDispatch, type Database } from '@mooring/postgres'
import { createHttpProbe, createResolver } from '@mooring/providers'
import { createLogger, createMeter } from '@mooring/runtime'
import { CORPUS_RULES } from '../corpus/read-corpus.ts'
import { memoryDnsHost } from './memory-dns-host.ts'

export const ADMIN_KEY = 'an-admin-key-of-more-than-32-characters'

/** As without any setting. */
export const ACCESS = {
  publicUrl: null,
  oidc: null,
  session: { idleMs: 12 * HOUR, absoluteMs: 7 * DAY },
  requestsPerMinute: 6000,
}

interface Overrides extends Partial<Omit<ApiDependencies, 'settings'>> {
  settings?: Partial<ApiSettings>
}

/** The API's dependencies over a real database. Hints end in `published`; the broker can be taken away. */
export function apiDependencies(database: Database, { settings, ...overrides }: Overrides = {}) {
  const published: Hint[] = []
  const broker = { isUp: true }
  const custody = createKeyCustody('0f'.repeat(32))
  const openDnsAccount = overrides.openDnsAccount ?? (() => memoryDnsHost([]))
  const stores = storesOf(database, { tokenLifetimeMs: 7 * DAY, rotationGraceMs: 30 * DAY })
  const dependencies: ApiDependencies = {
    ...stores,
    access: accessTo(database, ACCESS),
    dispatch: createDispatch(database, { hintSeconds: 30, tenantInFlight: 25 }),
    queue: recordingQueue(published, broker),
    custody,
    // Nothing listens there: a test that asks DNS brings a server.
    resolver: createResolver({ servers: ['127.0.0.1:1'] }),
    probe: createHttpProbe({ allow: ['127.0.0.0/8'] }),
    limits: [],
    openDnsAccount,
    zones: openManagedZones({ store: stores.zoneStore, custody, createProvider: openDnsAccount }),
    onRoutesChanged: () => {},
    meter: createMeter(),
    log: createLogger({ name: 'api', level: 'silent' }),
    clock: systemClock,
    settings: {
      adminKey: ADMIN_KEY,
      rules: CORPUS_RULES,
      tokenLifetimeMs: 7 * DAY,
      longPollMs: 30_000,
      caaIdentities: ['ca.example'],
      ...settings,
    },
    ...overrides,
  }
  return { dependencies, published, broker }
}

/** The API without a socket. */
export function apiUnderTest(database: Database, overrides: Overrides = {}) {
  const { dependencies, published, broker } = apiDependencies(database, overrides)
  const app = buildApi(dependencies)
  return { app, dependencies, published, broker, call: callerOf(app) }
}

export interface Call {
  body?: unknown
  /** Sent as it is, as `application/json`. */
  text?: string
  /** Null for none; else the admin key. */
  key?: string | null
  headers?: Record<string, string>
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT'

function callerOf(app: ReturnType<typeof buildApi>) {
  return async (method: Method, url: string, { body, text, key = ADMIN_KEY, headers = {} }: Call = {}) => {
    const payload = text ?? (body === undefined ? undefined : JSON.stringify(body))
    const answer = await app.inject({
      method,
      url,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(payload === undefined ? {} : { payload }),
    })
    const isJson = /\bjson/.test(String(answer.headers['content-type']))
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.body,
      // Of any shape, which is what tests assert.
      json: isJson && answer.body !== '' ? JSON.parse(answer.body) : null,
    }
  }
}

function recordingQueue(published: Hint[], broker: { isUp: boolean }): JobQueue {
  const noConsumer = () => Promise.reject(new Error('the API consumes nothing'))
  return {
    async publish(hints) {
      if (!broker.isUp) return { confirmed: 0, unconfirmed: hints.length }
      published.push(...hints)
      return { confirmed: hints.length, unconfirmed: 0 }
    },
    consume: noConsumer,
    consumeDeadLetters: noConsumer,
    depth: async () => null,
    queues: async () => null,
    isHealthy: () => broker.isUp,
    close: async () => {},
  }
}
