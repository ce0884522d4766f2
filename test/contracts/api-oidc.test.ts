import { accessTo } from '@mooring/api'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ACCESS, apiUnderTest } from '../builders/api-under-test.ts'
import { freePorts } from '../services/free-ports.ts'
import {
  type IdentityProvider,
  OIDC_CLIENT,
  signInAtProvider,
  startIdentityProvider,
} from '../services/identity-provider.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
const REDIRECT_URL = 'http://mooring.test/auth/oidc/callback'

let provider: IdentityProvider
beforeAll(async () => {
  provider = await startIdentityProvider(REDIRECT_URL)
})
afterAll(() => provider.stop())

let api: ReturnType<typeof apiUnderTest>
beforeEach(() => {
  provider.people.clear()
  api = apiAt(provider.issuer)
})

function apiAt(issuer: string) {
  const oidc = { issuer, ...OIDC_CLIENT, roleClaim: 'mooring_role', redirectUrl: REDIRECT_URL }
  return apiUnderTest(database(), { access: accessTo(database(), { ...ACCESS, oidc }) })
}

const get = (url: string, cookie?: string) =>
  api.call('GET', url, { key: null, ...(cookie === undefined ? {} : { headers: { cookie } }) })
const cookiesOf = ({ headers }: Awaited<ReturnType<typeof get>>): string[] => [headers['set-cookie'] ?? []].flat()
const cookieOf = (answer: Awaited<ReturnType<typeof get>>, name: string): string =>
  cookiesOf(answer)
    .map((line) => line.split(';')[0] as string)
    .find((pair) => pair.startsWith(`${name}=`)) ?? ''

/** To the provider and back; the callback is not asked yet. */
async function walk(login: string): Promise<{ trip: string; callback: string }> {
  const begun = await get('/auth/oidc')
  const back = new URL(await signInAtProvider(String(begun.headers['location']), login))
  return { trip: cookieOf(begun, 'mooring-oidc'), callback: back.pathname + back.search }
}

async function signIn(login: string) {
  const { trip, callback } = await walk(login)
  return get(callback, trip)
}

describe('sign-in by an identity provider', () => {
  it('is offered, and asks with PKCE, state and nonce', async () => {
    const { json } = await get('/v1/session')
    expect(json.sign_in).toEqual({ password: false, oidc: '/auth/oidc' })
    const begun = await get('/auth/oidc')
    const { searchParams } = new URL(String(begun.headers['location']))
    expect(begun.status).toBe(302)
    expect(Object.fromEntries(searchParams)).toMatchObject({
      client_id: 'mooring',
      response_type: 'code',
      redirect_uri: REDIRECT_URL,
      code_challenge_method: 'S256',
      state: expect.stringMatching(/.{20}/),
      nonce: expect.stringMatching(/.{20}/),
    })
    expect(cookiesOf(begun)[0]).toMatch(/^mooring-oidc=.+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/)
  })

  it('signs a person in with the role that the provider says, and follows it at the next sign-in', async () => {
    provider.people.set('anna', { email: 'anna@corp.example', name: 'Anna', mooring_role: 'operator' })
    const first = await signIn('anna')
    expect([first.status, first.headers['location']]).toEqual([302, '/'])
    expect(cookiesOf(first)).toEqual([
      expect.stringMatching(/^mooring-oidc=; /),
      expect.stringMatching(/^mooring=.+; HttpOnly; SameSite=Strict$/),
    ])
    const { json } = await get('/v1/session', cookieOf(first, 'mooring'))
    expect(json.principal).toMatchObject({ kind: 'user', name: 'Anna', role: 'operator', tenant: null })

    provider.people.set('anna', { email: 'anna@new.example', name: 'Anna B', mooring_role: ['viewer', 'staff'] })
    const second = await get('/v1/session', cookieOf(await signIn('anna'), 'mooring'))
    expect(second.json.principal).toEqual({ ...json.principal, name: 'Anna B', role: 'viewer' })
    const managed = await api.call('PATCH', `/v1/users/${json.principal.id}`, { body: { role: 'admin' } })
    expect([managed.status, managed.json.code]).toEqual([409, 'CONFLICT'])
  })

  it('opens nobody’s local account, whatever address the provider says', async () => {
    const body = { email: 'root@corp.example', name: 'Root', role: 'admin', password: 'correct horse battery' }
    const { json: local } = await api.call('POST', '/v1/users', { body })
    provider.people.set('mallory', { email: 'root@corp.example', name: 'M', mooring_role: 'viewer' })
    const { json } = await get('/v1/session', cookieOf(await signIn('mallory'), 'mooring'))
    expect(json.principal).toMatchObject({ role: 'viewer' })
    expect(json.principal.id).not.toBe(local.id)
  })

  it.each([
    ['without a role', { email: 'x@corp.example' }],
    ['with a role that is none here', { email: 'x@corp.example', mooring_role: 'owner' }],
  ])('lets nobody in %s', async (_why, claims) => {
    provider.people.set('x', claims)
    const answer = await signIn('x')
    expect([answer.status, answer.headers['location']]).toEqual([302, '/?sign_in_error=FORBIDDEN'])
    expect(cookieOf(answer, 'mooring')).toBe('')
  })

  it('does not let in who is disabled here', async () => {
    provider.people.set('anna', { mooring_role: 'admin' })
    const { json } = await get('/v1/session', cookieOf(await signIn('anna'), 'mooring'))
    const { status } = await api.call('PATCH', `/v1/users/${json.principal.id}`, { body: { disabled: true } })
    expect(status).toBe(200)
    expect((await signIn('anna')).headers['location']).toBe('/?sign_in_error=FORBIDDEN')
  })

  it('takes an answer in the browser that asked for it only, and once', async () => {
    provider.people.set('anna', { mooring_role: 'admin' })
    const { trip, callback } = await walk('anna')
    const other = await walk('anna')
    for (const cookie of [undefined, other.trip, 'mooring-oidc=bm9uc2Vuc2U', `${trip}; ${other.trip}`]) {
      expect((await get(callback, cookie)).headers['location']).toBe('/?sign_in_error=UNAUTHORIZED')
    }
    expect((await get(callback, trip)).headers['location']).toBe('/')
    expect((await get(callback, trip)).headers['location']).toBe('/?sign_in_error=UNAUTHORIZED')
    expect((await get('/auth/oidc/callback?error=access_denied', trip)).headers['location']).toBe(
      '/?sign_in_error=UNAUTHORIZED',
    )
  })

  it('says that the provider is away, and works when it is back', async () => {
    const [port] = await freePorts(1)
    api = apiAt(`http://127.0.0.1:${port}`)
    expect((await get('/auth/oidc')).headers['location']).toBe('/?sign_in_error=DEPENDENCY_UNAVAILABLE')
    expect((await api.call('GET', '/v1/domains')).status).toBe(200)
  })

  it('is not there without a provider', async () => {
    api = apiUnderTest(database())
    expect([(await get('/auth/oidc')).status, (await get('/auth/oidc/callback')).status]).toEqual([404, 404])
  })
})
