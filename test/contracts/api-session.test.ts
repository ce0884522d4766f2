import { accessTo, openAccess } from '@mooring/api'
import { beforeEach, describe, expect, it } from 'vitest'
import { ACCESS, ADMIN_KEY, apiUnderTest } from '../builders/api-under-test.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
const ANNA = { email: 'Anna@platform.example', password: 'correct horse battery' }
/** As a browser on the dashboard's page says it. */
const SAME = { host: 'mooring.test', origin: 'http://mooring.test' }

let api: ReturnType<typeof apiUnderTest>
beforeEach(async () => {
  api = apiUnderTest(database())
})

const makeUser = async (role = 'operator') =>
  (await api.call('POST', '/v1/users', { body: { ...ANNA, name: 'Anna', role } })).json
const signIn = (body: unknown = ANNA, headers: Record<string, string> = {}, call = api.call) =>
  call('POST', '/v1/session', { key: null, body, headers })
const cookieOf = ({ headers }: { headers: Record<string, unknown> }) =>
  String(headers['set-cookie']).split(';')[0] as string
const signedIn = async (body: unknown = ANNA) => cookieOf(await signIn(body))
const withCookie = (
  method: 'GET' | 'POST' | 'DELETE' | 'PATCH',
  url: string,
  cookie: string,
  more: { headers?: Record<string, string>; body?: unknown } = {},
) => api.call(method, url, { ...more, key: null, headers: { cookie, ...more.headers } })
const LAUNCH = { body: { hostname: 'shop.example.com', target: { type: 'none' } } }

describe('signing in', () => {
  it('with a password gives a cookie that scripts and other sites do not get, and says who it is', async () => {
    const { id } = await makeUser()
    const answer = await signIn()
    expect([answer.status, answer.json]).toEqual([
      200,
      {
        principal: { kind: 'user', id, name: 'Anna', role: 'operator', tenant: null },
        sign_in: { password: false, oidc: null },
      },
    ])
    expect(String(answer.headers['set-cookie'])).toMatch(
      /^mooring=[A-Za-z0-9_-]{43}; Max-Age=604800; Path=\/; HttpOnly; SameSite=Strict$/,
    )
    expect(answer.headers['cache-control']).toBe('no-store')
    const { json } = await withCookie('GET', '/v1/session', cookieOf(answer))
    expect(json.principal.id).toBe(id)
    const { rows } = await database().pool.query('select * from sessions')
    expect(JSON.stringify(rows)).not.toContain(cookieOf(answer).split('=')[1])
  })

  it('over HTTPS gives a cookie for this very host', async () => {
    await makeUser()
    const publicUrl = new URL('https://mooring.platform.example')
    const { call } = apiUnderTest(database(), { access: accessTo(database(), { ...ACCESS, publicUrl }) })
    const answer = await signIn(ANNA, {}, call)
    expect(String(answer.headers['set-cookie'])).toMatch(
      /^__Host-mooring=.+; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    )
    const plain = cookieOf(answer).replace('__Host-', '')
    expect((await call('GET', '/v1/domains', { key: null, headers: { cookie: plain } })).status).toBe(401)
    expect((await call('GET', '/v1/domains', { key: null, headers: { cookie: cookieOf(answer) } })).status).toBe(200)
  })

  it('with a key is the key’s session, with the environment’s key an admin’s', async () => {
    const answer = await signIn({ key: ADMIN_KEY })
    expect([answer.status, answer.json.principal]).toMatchObject([200, { id: 'bootstrap', role: 'admin' }])
    const cookie = cookieOf(answer)
    expect((await withCookie('GET', '/v1/keys', cookie)).status).toBe(200)
    const renewed = apiUnderTest(database(), { settings: { adminKey: 'another-key-of-more-than-32-characters' } })
    expect((await renewed.call('GET', '/v1/keys', { key: null, headers: { cookie } })).status).toBe(401)
    expect((await signIn({ key: 'nonsense' })).status).toBe(401)
  })

  it.each([
    [{}, ['email', 'password']],
    [{ email: 'a@b.example' }, ['password']],
    [{ key: 'x', password: 'y' }, ['key']],
    [{ key: 'x', colour: 'blue' }, ['colour']],
    [{ email: 'a\u0000@b.example', password: 'x' }, ['email']],
  ])('refuses %j', async (body, paths) => {
    const { status, json } = await signIn(body)
    expect([status, json.errors.map(({ path }: { path: string }) => path)]).toEqual([422, paths])
  })

  it('without being signed in says how to, and does not make a browser ask for a password', async () => {
    await makeUser('admin')
    const { status, json, headers } = await api.call('GET', '/v1/session', { key: null })
    expect([status, json.code, json.sign_in]).toEqual([401, 'UNAUTHORIZED', { password: true, oidc: null }])
    expect([headers['www-authenticate'], headers['content-type']]).toEqual([
      undefined,
      'application/problem+json; charset=utf-8',
    ])
  })

  it('answers the same to a wrong password and to nobody’s address, after the same work', async () => {
    await makeUser()
    const timed = async (body: unknown) => {
      const start = performance.now()
      const { status, json } = await signIn(body)
      return { status, detail: json.detail, ms: performance.now() - start }
    }
    const wrong = await timed({ ...ANNA, password: 'incorrect horse' })
    const nobody = await timed({ email: 'nobody@platform.example', password: 'incorrect horse' })
    expect([wrong.status, nobody.status, nobody.detail]).toEqual([401, 401, wrong.detail])
    expect(nobody.ms).toBeGreaterThan(wrong.ms / 5)
  })

  it('is refused for a while after ten failures of an account, also with the right password; other accounts go on', async () => {
    await makeUser()
    const guesses = await Promise.all(Array.from({ length: 14 }, () => signIn({ ...ANNA, password: 'guess' })))
    expect(guesses.filter(({ status }) => status === 401)).toHaveLength(10)
    const { status, json, headers } = await signIn()
    expect([status, json.code]).toEqual([429, 'RATE_LIMITED'])
    expect(Number(headers['retry-after'])).toBeGreaterThan(800)
    expect((await signIn({ key: ADMIN_KEY })).status).toBe(200)
  })
})

describe('a session', () => {
  it('has the role of its user as it is now, and ends when the user is disabled, renamed to another password or removed', async () => {
    const { id } = await makeUser('viewer')
    const cookie = await signedIn()
    expect((await withCookie('GET', '/v1/keys', cookie)).status).toBe(403)
    await api.call('PATCH', `/v1/users/${id}`, { body: { role: 'admin' } })
    expect((await withCookie('GET', '/v1/keys', cookie)).status).toBe(200)
    await api.call('PATCH', `/v1/users/${id}`, { body: { disabled: true } })
    expect((await withCookie('GET', '/v1/keys', cookie)).status).toBe(401)
    expect((await signIn()).status).toBe(401)
    await api.call('PATCH', `/v1/users/${id}`, { body: { disabled: false } })
    expect((await withCookie('GET', '/v1/keys', cookie)).status).toBe(401)
    const second = await signedIn()
    await api.call('PATCH', `/v1/users/${id}`, { body: { password: 'another long password' } })
    expect((await withCookie('GET', '/v1/keys', second)).status).toBe(401)
    const third = await signedIn({ ...ANNA, password: 'another long password' })
    expect((await api.call('DELETE', `/v1/users/${id}`)).status).toBe(204)
    expect((await withCookie('GET', '/v1/keys', third)).status).toBe(401)
  })

  it('ends when nobody uses it, and after its days however much it is used', async () => {
    await makeUser()
    const idle = await signedIn()
    await database().pool.query(`update sessions set used_at = now() - interval '12 hours 1 second'`)
    expect((await withCookie('GET', '/v1/domains', idle)).status).toBe(401)
    const old = await signedIn()
    expect((await database().pool.query('select from sessions')).rowCount).toBe(1)
    await database().pool.query(`update sessions set used_at = now() - interval '11 hours'`)
    expect((await withCookie('GET', '/v1/domains', old)).status).toBe(200)
    const { rows } = await database().pool.query(`select from sessions where used_at > now() - interval '1 minute'`)
    expect(rows).toHaveLength(1)
    await database().pool.query('update sessions set expires_at = now()')
    expect((await withCookie('GET', '/v1/domains', old)).status).toBe(401)
  })

  it('ends by signing out, here and in the database', async () => {
    await makeUser()
    const cookie = await signedIn()
    expect((await withCookie('DELETE', '/v1/session', cookie)).json.code).toBe('ORIGIN_REFUSED')
    const { status, headers } = await withCookie('DELETE', '/v1/session', cookie, { headers: SAME })
    expect([status, String(headers['set-cookie'])]).toEqual([204, expect.stringContaining('mooring=; ')])
    expect((await withCookie('GET', '/v1/domains', cookie)).status).toBe(401)
    expect((await api.call('DELETE', '/v1/session', { key: null })).status).toBe(204)
  })

  it('before the sign-in is worth nothing after it', async () => {
    await makeUser()
    const before = await signedIn()
    const after = cookieOf(await signIn(ANNA, { cookie: before, ...SAME }))
    expect(after).not.toBe(before)
    expect((await withCookie('GET', '/v1/domains', before)).status).toBe(401)
    expect((await withCookie('GET', '/v1/domains', after)).status).toBe(200)
  })

  it('changes things from the dashboard’s own pages only', async () => {
    await makeUser()
    const cookie = await signedIn()
    const from = (headers: Record<string, string>) => withCookie('POST', '/v1/domains', cookie, { ...LAUNCH, headers })
    for (const headers of [
      {},
      { host: 'mooring.test', origin: 'http://evil.test' },
      { host: 'mooring.test', origin: 'http://sibling.mooring.test' },
      { host: 'mooring.test', origin: 'null' },
      { ...SAME, 'sec-fetch-site': 'cross-site' },
      { ...SAME, 'sec-fetch-site': 'same-site' },
    ]) {
      const { status, json } = await from(headers)
      expect([headers, status, json.code]).toEqual([headers, 403, 'ORIGIN_REFUSED'])
    }
    expect((await from(SAME)).status).toBe(202)
    expect((await from({ 'sec-fetch-site': 'same-origin' })).json.code).toBe('HOSTNAME_EXISTS')
    // A key is in no browser's keeping.
    expect((await api.call('POST', '/v1/domains', { ...LAUNCH, headers: { origin: 'http://evil.test' } })).status).toBe(
      409,
    )
  })

  it('with a public URL, takes that one origin and believes no Host header', async () => {
    await makeUser()
    const publicUrl = new URL('http://dashboard.example:8080')
    const { call } = apiUnderTest(database(), { access: accessTo(database(), { ...ACCESS, publicUrl }) })
    const cookie = cookieOf(await signIn(ANNA, {}, call))
    const post = (headers: Record<string, string>) =>
      call('POST', '/v1/domains', { ...LAUNCH, key: null, headers: { cookie, ...headers } })
    expect((await post(SAME)).status).toBe(403)
    expect((await post({ host: 'inner:1234', origin: 'http://dashboard.example:8080' })).status).toBe(202)
  })

  it('is begun by no page of elsewhere', async () => {
    await makeUser()
    const { status, json } = await signIn(ANNA, { host: 'mooring.test', origin: 'http://evil.test' })
    expect([status, json.code]).toEqual([403, 'ORIGIN_REFUSED'])
    const form = await api.app.inject({
      method: 'POST',
      url: '/v1/session',
      headers: { 'content-type': 'text/plain' },
      payload: JSON.stringify(ANNA),
    })
    expect(form.statusCode).toBe(415)
  })

  it('is nobody’s where a sibling domain has planted a second cookie of the name', async () => {
    await makeUser()
    const [one, two] = [await signedIn(), await signedIn({ key: ADMIN_KEY })]
    for (const cookies of [`${one}; ${two}`, `${two}; other=1; ${one}`, `${one}; mooring=`]) {
      const { status, json } = await withCookie('GET', '/v1/domains', cookies)
      expect([status, json.detail]).toEqual([401, expect.stringContaining('two cookies')])
    }
    expect((await withCookie('GET', '/v1/domains', `other=1; ${one}; mooring2=x`)).status).toBe(200)
  })
})

describe('users', () => {
  it('are made once per address, listed without their password, and not found under another id', async () => {
    const made = await makeUser()
    expect(made).toMatchObject({ email: 'anna@platform.example', name: 'Anna', role: 'operator', disabled_at: null })
    const again = await api.call('POST', '/v1/users', { body: { ...ANNA, name: 'Anna', role: 'viewer' } })
    expect([again.status, again.json.code]).toEqual([409, 'CONFLICT'])
    const { json, text } = await api.call('GET', '/v1/users')
    expect(json.data).toEqual([made])
    expect(text).not.toMatch(/scrypt|password/)
    for (const id of ['user_x', '%00', 'user_00000000-0000-7000-8000-000000000000']) {
      expect((await api.call('PATCH', `/v1/users/${id}`, { body: { name: 'x' } })).status).toBe(404)
      expect((await api.call('DELETE', `/v1/users/${id}`)).status).toBe(404)
      expect((await api.call('DELETE', `/v1/keys/${id.replace('user', 'key')}`)).status).toBe(404)
    }
  })

  it('begin with a first admin from the environment, once, however many processes start', async () => {
    const firstAdmin = { email: 'ops@platform.example', password: 'a first password' }
    const open = () => openAccess(database(), { ...ACCESS, firstAdmin }, api.dependencies.log)
    await Promise.all([open(), open(), open()])
    await openAccess(
      database(),
      { ...ACCESS, firstAdmin: { email: 'second@platform.example', password: 'a second password' } },
      api.dependencies.log,
    )
    const { json } = await api.call('GET', '/v1/users')
    expect(json.data).toMatchObject([{ email: 'ops@platform.example', role: 'admin' }])
    expect((await signIn(firstAdmin)).json.principal.role).toBe('admin')
  })
})
