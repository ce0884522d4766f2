import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MOOR, runMoor } from '../services/moor.ts'
import { useMoorServer } from '../builders/moor-server.ts'

const { environment, moor } = useMoorServer()
let dir: string
let file: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mooring-apply-'))
  file = join(dir, 'mooring.json')
})
afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

const to = (hostname: string, url: string, more = {}) => ({ hostname, target: { type: 'redirect', url }, ...more })
const want = (...domains: unknown[]) => writeFile(file, JSON.stringify({ domains }))
const apply = (...args: string[]) => moor('apply', '-f', file, ...args)
const domains = async (): Promise<{ hostname: string; state: string; target: { url: string } }[]> =>
  JSON.parse((await moor('domains', 'list', '--json')).stdout).data

describe('moor apply', () => {
  test('creates what is not there, changes what differs, and does nothing the second time', async () => {
    await want(to('Shop.Example.com', 'https://one.example'), to('www.example.com', 'https://two.example'))
    const planned = await apply('--dry-run')
    expect(planned).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('2 to create.') })
    expect(await domains()).toEqual([])

    expect(await apply()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('2 created.') })
    expect((await domains()).map(({ hostname }) => hostname).toSorted()).toEqual([
      'shop.example.com',
      'www.example.com',
    ])
    expect(await apply()).toMatchObject({ exitCode: 0, stdout: '2 as wanted.' })

    await want(to('shop.example.com', 'https://three.example', { metadata: { plan: 'gold' } }))
    const changed = await apply()
    expect(changed.stdout).toContain('~ shop.example.com  target, metadata differ')
    expect(changed.stdout).toContain('1 changed.')
    expect((await domains()).map(({ target }) => target.url)).toContain('https://three.example/')
  })

  test('says everything that is wrong at once, and does nothing', async () => {
    await want(to('shop.example.com', 'https://one.example'), to('shop', 'ftp://x'), to('x.example.com', 'nowhere'))
    const { exitCode, stderr } = await apply()
    expect(exitCode).toBe(2)
    expect(stderr).toContain('domains[1].hostname:')
    expect(stderr).toContain('domains[1].target.url:')
    expect(stderr).toContain('domains[2].target.url:')
    expect(await domains()).toEqual([])

    await want({ hostname: 'x.example.com', colour: 'red' })
    expect((await apply()).stderr).toMatch(/domains\[0\]\.target: .*\n.*domains\[0\]: .*colour/)
    await want(to('a.example.com', 'https://x.example'), to('A.example.com', 'https://y.example'))
    expect((await apply()).stderr).toContain('domains[1]: a.example.com of default is at domains[0] already.')
    await writeFile(file, '{"domains": [')
    expect(await apply()).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('is no JSON') })
  })

  test('names what cannot be changed, and does the rest', async () => {
    await want(to('shop.example.com', 'https://one.example'))
    await apply()
    const off = to('shop.example.com', 'https://one.example', { tls: { mode: 'off' } })
    await want(off, to('www.example.com', 'https://two.example'))
    const { exitCode, stdout } = await apply()
    expect(exitCode).toBe(1)
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('! shop.example.com tls cannot be changed: delete the domain')
    expect(await domains()).toHaveLength(2)
  })

  test('deletes nothing unless it is told to, and then only what is of the same tenants', async () => {
    await moor('domains', 'add', 'other.example.com', '--redirect', 'https://x.example', '--tenant', 'acme')
    await moor('domains', 'add', 'old.example.com', '--redirect', 'https://x.example')
    await want(to('shop.example.com', 'https://one.example'))
    const stateOf = async (name: string) => (await domains()).find(({ hostname }) => hostname === name)?.state
    await apply()
    expect(await stateOf('old.example.com')).toBe('pending')
    expect(await apply('--prune')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('say --yes') })
    expect(await stateOf('old.example.com')).toBe('pending')
    expect(await apply('--prune', '--yes')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('1 deleted') })
    expect(await stateOf('old.example.com')).toBe('deprovisioning')
    expect(await stateOf('other.example.com')).toBe('pending')
  })

  test('watches the file, through a mistake and through an editor that puts another in its place', async () => {
    await want(to('a.example.com', 'https://one.example'))
    const watching = execa(process.execPath, [MOOR, 'apply', '-f', file, '--watch'], {
      env: { LANG: 'C.UTF-8', ...environment() },
      extendEnv: false,
      reject: false,
      buffer: false,
      all: true,
    })
    let said = ''
    watching.all.on('data', (chunk) => (said += String(chunk)))
    try {
      const saying = (text: string) => expect.poll(() => said, { timeout: 30_000 }).toContain(text)
      await saying('1 created.')
      await writeFile(file, '{')
      await saying('is no JSON')
      const next = join(dir, 'next')
      await writeFile(next, JSON.stringify({ domains: [to('b.example.com', 'https://one.example')] }))
      said = ''
      await rename(next, file)
      await saying('1 created.')
    } finally {
      watching.kill()
      await watching
    }
    expect((await domains()).map(({ hostname }) => hostname).toSorted()).toEqual(['a.example.com', 'b.example.com'])
  })
})

describe('services in a file', () => {
  const service = async (name: string) => JSON.parse((await moor('services', 'show', name, '--json')).stdout)
  const wantAll = (services: object, ...wanted: unknown[]) =>
    writeFile(file, JSON.stringify({ services, domains: wanted }))
  const behind = (hostname: string, name: string, more = {}) => ({
    hostname,
    target: { type: 'proxy', service: name },
    ...more,
  })

  test('are made before the domains that name them, changed, and left alone', async () => {
    await moor('services', 'set', 'other', '--server', '10.0.0.1:80')
    const health = { path: '/healthz', interval_seconds: 5 }
    await wantAll({ web: { servers: ['10.0.0.7:8080'], health } }, behind('shop.example.com', 'web'))
    const planned = await apply('--dry-run')
    expect(planned).toMatchObject({
      exitCode: 0,
      stdout: '+ service web  http to 10.0.0.7:8080\n+ shop.example.com\nServices: 1 to create.\n1 to create.',
    })
    expect((await moor('services', 'show', 'web')).exitCode).toBe(1)
    expect(await domains()).toEqual([])

    const applied = await apply()
    expect(applied).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Services: 1 created.\n1 created.') })
    expect((await domains())[0]?.target).toEqual({ type: 'proxy', service: 'web' })
    expect(await apply()).toMatchObject({ exitCode: 0, stdout: 'Services: 1 as wanted.\n1 as wanted.' })

    // What a file does not say stays as it is, and no domain is touched.
    await wantAll({ web: { servers: ['10.0.0.8:8080', '10.0.0.9:8080'] } }, behind('shop.example.com', 'web'))
    const changed = await apply()
    expect(changed.stdout).toContain('~ service web  servers differ')
    expect(changed.stdout).toContain('Services: 1 changed.\n1 as wanted.')
    expect(await service('web')).toMatchObject({ servers: ['10.0.0.8:8080', '10.0.0.9:8080'], health })
    await wantAll({ web: { servers: ['10.0.0.8:8080'], health: null, scheme: 'https', tls_name: 'web.internal' } })
    expect(await apply()).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/Services: 1 changed\.$/) })
    expect(await service('web')).toMatchObject({ health: null, scheme: 'https', tls_name: 'web.internal' })
    expect((await service('other')).servers).toEqual(['10.0.0.1:80'])
  })

  test('are judged with the domains, everything that is wrong at once', async () => {
    await wantAll({ Web: { servers: ['10.0.0.7'] }, b: { servers: [], colour: 'red' } }, {})
    const form = await apply()
    expect(form.exitCode).toBe(2)
    for (const place of ['services.Web:', 'services.Web.servers[0]:', 'services.b.servers:', 'domains[0].hostname:'])
      expect(form.stderr).toContain(place)

    await wantAll(
      {
        tls: { servers: ['10.0.0.7:443'], scheme: 'https' },
        loop: { servers: ['shop.example.com:80'] },
        acme: { servers: ['10.0.0.7:80'], tenant: 'acme' },
      },
      behind('shop.example.com', 'loop'),
      behind('a.example.com', 'acme', { tls: { mode: 'on' } }),
      behind('b.example.com', 'nowhere'),
      behind('c.example.com', 'acme', { tenant: 'acme' }),
    )
    const { exitCode, stderr } = await apply()
    expect(exitCode).toBe(2)
    expect(stderr).toContain('services.tls.tls_name: Say which name')
    expect(stderr).toContain('domains[0].target.service: A server of the service is the hostname itself')
    expect(stderr).toContain('domains[1].target.service: The service acme is for acme alone.')
    expect(stderr).toContain('domains[1].tls.mode:')
    expect(stderr).toContain('domains[2].target.service: There is no service nowhere')
    expect(stderr).not.toContain('domains[3]')
    expect(await moor('services', 'list')).toMatchObject({ stdout: 'There is no service.' })
    expect(await domains()).toEqual([])
  })

  test('one that is refused is told, and the rest is done', async () => {
    await wantAll({ web: { servers: ['10.0.0.7:8080'] } }, behind('shop.example.com', 'web'))
    await apply()
    const redirect = to('www.example.com', 'https://two.example')
    await wantAll({ web: { servers: ['10.0.0.7:8080'], tenant: 'acme' } }, redirect)
    const { exitCode, stdout } = await apply()
    expect(exitCode).toBe(1)
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('~ service web Domains of other tenants than acme use web.')
    expect(stdout).toContain('Services: 1 refused.\n1 created.')
  })

  test('need an admin’s key of the platform, unless they are as they are wanted', async () => {
    const keyOf = async (...args: string[]) =>
      JSON.parse((await moor('keys', 'create', 'deploys', ...args, '--json')).stdout).key as string
    const as = async (key: string) => runMoor(['apply', '-f', file], { ...environment(), MOORING_API_KEY: key })
    const operator = await keyOf('--role', 'operator')
    const tenant = await keyOf('--role', 'admin', '--tenant', 'acme')
    await wantAll({ web: { servers: ['10.0.0.7:8080'] } }, behind('shop.example.com', 'web', { tenant: 'acme' }))
    for (const key of [operator, tenant]) {
      const { exitCode, stderr } = await as(key)
      expect(exitCode).toBe(1)
      expect(stderr).toContain('they need a key of the role admin without a tenant')
    }
    expect(await domains()).toEqual([])
    await moor('services', 'set', 'web', '--server', '10.0.0.7:8080')
    expect(await as(operator)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('1 created.') })
  })
})

describe('moor import', () => {
  let given = {}
  const variables = (DOMAINS: string, SERVICES = '') => {
    given = { DOMAINS, SERVICES }
  }
  const imported = (...args: string[]) => runMoor(['import', ...args], { ...environment(), ...given })
  const targets = async () => Object.fromEntries((await domains()).map(({ hostname, target }) => [hostname, target]))

  test('makes private services of the platform, and leads domains to them', async () => {
    variables(
      'shop.example.com -> web, api.example.com -> api\nold.example.com -> https://old.example.net',
      'web=http://10.0.0.7:8080|http://10.0.0.8:8080, api=https://api.internal',
    )
    expect(await imported()).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Services: 2 created.\n3 created.'),
    })
    expect(await targets()).toEqual({
      'shop.example.com': { type: 'proxy', service: 'web' },
      'api.example.com': { type: 'proxy', service: 'api' },
      'old.example.com': { type: 'proxy', url: 'https://old.example.net:443' },
    })
    const { data } = JSON.parse((await moor('services', 'list', '--json')).stdout)
    expect(data).toMatchObject([
      { name: 'api', servers: ['api.internal:443'], scheme: 'https', tls_name: 'api.internal', tenant: null },
      { name: 'web', servers: ['10.0.0.7:8080', '10.0.0.8:8080'], scheme: 'http', tls_name: null, health: null },
    ])
    expect(await imported()).toMatchObject({ exitCode: 0, stdout: 'Services: 2 as wanted.\n3 as wanted.' })
  })

  test('leads domains to services that are there already, and keeps what variables cannot say', async () => {
    await moor('services', 'set', 'web', '--server', '10.0.0.7:8080', '--health-path', '/healthz')
    await moor('services', 'set', 'tls', '--server', '10.0.0.9:443', '--https', '--tls-name', 'tls.internal')
    variables('a.example.com -> web, b.example.com -> tls', 'web=http://10.0.0.8:8080')
    expect(await imported()).toMatchObject({ exitCode: 0 })
    expect(await targets()).toMatchObject({ 'a.example.com': { service: 'web' }, 'b.example.com': { service: 'tls' } })
    const web = JSON.parse((await moor('services', 'show', 'web', '--json')).stdout)
    expect(web).toMatchObject({ servers: ['10.0.0.8:8080'], health: { path: '/healthz' } })
  })

  test('reads domains without any service', async () => {
    variables('example.com => https://shop.example.com\nnew.example.com')
    expect(await imported()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('2 created.') })
    expect(await targets()).toMatchObject({
      'example.com': { url: 'https://shop.example.com/' },
      'new.example.com': { type: 'none' },
    })
    expect(await imported()).toMatchObject({ exitCode: 0, stdout: '2 as wanted.' })
  })

  test('says everything that is wrong at once', async () => {
    const services = [
      'web, web=http://x.example, web=http://y.example, Shop_1=http://10.0.0.7, both=http://10.0.0.7|https://a.example',
      'tls=https://10.0.0.7, path=http://10.0.0.7/x, none=ftp://10.0.0.7, meta=http://169.254.169.254',
    ]
    variables('a.example.com -> No.Where, b.example.com ->', services.join(','))
    const { exitCode, stderr } = await imported()
    expect(exitCode).toBe(2)
    expect(stderr).toContain('SERVICES: "web" is not name=address.')
    expect(stderr).toContain('SERVICES: web is there twice.')
    expect(stderr).toContain('SERVICES: Shop_1: Small letters, digits and hyphens')
    expect(stderr).toContain('SERVICES: both: Its addresses are all http:// or all https://.')
    expect(stderr).toContain('SERVICES: tls: Which name is in its certificate? Say it with moor services set tls')
    for (const name of ['path', 'none'])
      expect(stderr).toContain(`SERVICES: ${name}: An address is http:// or https://`)
    expect(stderr).toContain('SERVICES: meta: 169.254.169.254 is in the range')
    expect(stderr).toContain('DOMAINS[0]: No.Where is neither a service nor an http:// address.')
    expect(stderr).toContain('DOMAINS[1]:')

    variables('a.example.com -> nowhere')
    const unknown = await imported()
    expect(unknown).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('There is no service nowhere') })
  })
})
