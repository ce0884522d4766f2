import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { runMoor, runMoorOnTerminal } from '../services/moor.ts'
import { useMoorServer } from '../builders/moor-server.ts'

const { database, server, environment, moor, client } = useMoorServer()

const setWeb = (...servers: string[]) =>
  client().call('PUT /v1/services/{name}', { path: { name: 'web' }, body: { servers } })
const json = async (...args: string[]) => JSON.parse((await moor(...args, '--json')).stdout)

describe('moor services', () => {
  test('a service is made, shown, listed, made another, and forgotten', async () => {
    const two = ['--server', '10.0.0.7:8080', '10.0.0.8:8080']
    const made = await moor('services', 'set', 'web', ...two, '--health-path', '/healthz', '--health-interval', '5')
    expect(made).toMatchObject({ exitCode: 0, stderr: '' })
    expect(made.stdout).toContain('web is for the domains of all tenants.')
    expect(made.stdout).toContain('Each server is asked for /healthz every 5 s.')
    expect(made.stdout).toMatch(/^ +Server +10\.0\.0\.8:8080$/m)
    expect((await moor('services', 'list')).stdout).toMatch(/^web +- +http +0\/0 +10\.0\.0\.7:8080, 10\.0\.0\.8:8080$/m)

    // It is what is said, and nothing of what it was.
    const tls = ['--https', '--tls-name', 'web.internal', '--tenant', 'acme']
    await moor('services', 'set', 'web', '--server', '[fd00::7]:8443', ...tls)
    expect(await json('services', 'show', 'web')).toMatchObject({
      servers: ['[fd00::7]:8443'],
      scheme: 'https',
      tls_name: 'web.internal',
      health: null,
      tenant: 'acme',
    })
    expect((await moor('services', 'show', 'web')).stdout).toContain(
      'over https, with the certificate of web.internal.',
    )

    expect(await moor('services', 'delete', 'web')).toMatchObject({ exitCode: 0, stdout: 'web is forgotten.' })
    expect(await moor('services', 'list')).toMatchObject({ exitCode: 0, stdout: 'There is no service.' })
    expect(await moor('services', 'show', 'web')).toMatchObject({ exitCode: 1 })
  })

  test('says which edges have its last change', async () => {
    const { token } = await client().call('POST /v1/edges', { body: { name: 'edge-b', pool: 'default' } })
    await client().call('POST /v1/edges', { body: { name: 'edge-c', pool: 'default' } })
    const headers = { authorization: `Bearer ${token}` }
    await fetch(`${server().url}/v1/edges/self/routes?since=0&wait=0`, { headers })
    const { stdout } = await moor('services', 'set', 'web', '--server', '10.0.0.8:80')
    expect(stdout).toContain('0 edges have it; still to come: edge-b; not heard of: edge-c.')
    expect(stdout).toContain('Later: moor services show web')
    await database().pool.query('update edges set generation = 1000000, last_seen_at = now()')
    expect((await moor('services', 'show', 'web')).stdout).toContain('2 edges have it: all there are.')
  })

  test('says everything that is wrong, and who may change services', async () => {
    const wrong = await moor('services', 'set', 'web', '--server', '169.254.169.254:80', 'x', '--health-path', 'y')
    expect(wrong.exitCode).toBe(2)
    expect(wrong.stderr).toMatch(/servers\W0\W+169\.254\.169\.254 is in the range/)
    expect(wrong.stderr).toMatch(/servers\.1\W+Write a server as host:port/)
    expect(wrong.stderr).toContain('health.path: Expected a path')
    const nameless = await moor('services', 'set', 'web', '--server', '10.0.0.7:443', '--https')
    expect(nameless).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('tls_name: Say which name') })
    expect(await moor('services', 'set', 'web')).toMatchObject({ exitCode: 2 })
    const often = ['--health-interval', '5']
    expect(await moor('services', 'set', 'web', '--server', '10.0.0.7:80', ...often)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('needs --health-path'),
    })
    const { key } = await client().call('POST /v1/keys', { body: { name: 'deploys', role: 'operator' } })
    const as = { ...environment(), MOORING_API_KEY: key }
    const refused = await runMoor(['services', 'set', 'web', '--server', '10.0.0.7:80'], as)
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('needs the role admin') })
  })

  test('domains are launched to a service, shown with it, and found by it', async () => {
    const unknown = await moor('domains', 'add', 'shop.example.com', '--service', 'web')
    expect(unknown).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('There is no service web') })
    await setWeb('10.0.0.7:8080')
    const added = await moor('domains', 'add', 'shop.example.com', '--service', 'web')
    expect(added).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Requests go to service web.') })
    await client().launch({ hostname: 'www.example.com', target: { type: 'redirect', url: 'https://x.example/' } })
    expect((await json('domains', 'list', '--service', 'web')).data).toEqual([
      expect.objectContaining({ hostname: 'shop.example.com', target: { type: 'proxy', service: 'web' } }),
    ])
    const counted = await moor('domains', 'bulk', 'check', '--service', 'web', '--dry-run')
    expect(counted).toMatchObject({ exitCode: 0, stdout: '1 domains fit.' })
    const both = ['--service', 'web', '--to', 'https://x.example']
    expect(await moor('domains', 'add', 'a.example.com', ...both)).toMatchObject({ exitCode: 2 })
    expect(await moor('services', 'delete', 'web')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('Domains have web as their target.'),
    })
  })

  test('are shown to a person within 80 columns', async () => {
    const servers = Array.from({ length: 8 }, (_, nth) => `a-server-with-a-long-name-${nth}.internal:8080`)
    const { screen } = await runMoorOnTerminal(['services', 'set', 'web', '--server', ...servers], environment())
    const listed = await runMoorOnTerminal(['services', 'list', '--no-color'], environment())
    expect(listed.screen).toMatch(/^Service +Tenant +Over +Edges +Servers$/m)
    for (const row of `${screen}${listed.screen}`.split('\n'))
      expect(stripVTControlCharacters(row).length, row).toBeLessThanOrEqual(80)
  })
})
