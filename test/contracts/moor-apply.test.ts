import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningApi, startApi } from '@mooring/api'
import { execa } from 'execa'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ADMIN_KEY, apiDependencies } from '../builders/api-under-test.ts'
import { freePorts } from '../services/free-ports.ts'
import { MOOR, runMoor } from '../services/moor.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()

let server: RunningApi
let environment: Record<string, string>
let dir: string
let file: string
beforeEach(async () => {
  const [port] = (await freePorts(1)) as [number]
  server = await startApi({ ...apiDependencies(database()).dependencies, host: '127.0.0.1', port })
  environment = { MOORING_API_URL: `http://127.0.0.1:${port}`, MOORING_API_KEY: ADMIN_KEY }
  dir = await mkdtemp(join(tmpdir(), 'mooring-apply-'))
  file = join(dir, 'mooring.json')
})
afterEach(async () => {
  await server.stop()
  await rm(dir, { recursive: true, force: true })
})

const moor = (...args: string[]) => runMoor(args, environment)
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
      env: { LANG: 'C.UTF-8', ...environment },
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

describe('moor import', () => {
  const variables = (DOMAINS: string, SERVICES = '') => {
    environment = { ...environment, DOMAINS, SERVICES }
  }

  test('reads domains and the services that they lead to', async () => {
    variables(
      'shop.example.com -> web, example.com => https://shop.example.com\nnew.example.com',
      'web=http://93.184.216.34:8080',
    )
    expect(await moor('import')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('3 created.') })
    const targets = Object.fromEntries((await domains()).map(({ hostname, target }) => [hostname, target.url]))
    expect(targets).toEqual({
      'shop.example.com': 'http://93.184.216.34:8080',
      'example.com': 'https://shop.example.com/',
      'new.example.com': undefined,
    })
    expect(await moor('import')).toMatchObject({ exitCode: 0, stdout: '3 as wanted.' })
  })

  test('says everything that is wrong at once', async () => {
    variables('a.example.com -> nowhere, b.example.com ->', 'web, web=http://x.example, web=http://y.example')
    const { exitCode, stderr } = await moor('import')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('SERVICES: "web" is not name=address.')
    expect(stderr).toContain('SERVICES: web is there twice.')
    expect(stderr).toContain('DOMAINS[0]: There is no service nowhere in SERVICES.')
    expect(stderr).toContain('DOMAINS[1]:')
  })
})
