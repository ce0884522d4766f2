import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RegistrationInput } from '@mooring/client'
import { createAuditSealer } from '@mooring/postgres'
import { execa } from 'execa'
import { beforeEach, describe, expect, test } from 'vitest'
import { MOOR, runMoor } from '../services/moor.ts'
import { useMoorServer } from '../builders/moor-server.ts'

const { database, asSuperuser, server, moor, client, environment } = useMoorServer()

const launch = (registration: RegistrationInput) => client().launch(registration)
const pending = async () => (await client().call('GET /v1/domains', { query: { state: 'pending' } })).data
const json = async (...args: string[]) => JSON.parse((await moor(...args, '--json')).stdout)

test('a key that was made is good until it is revoked', async () => {
  const made = await json('keys', 'create', 'shop-backend', '--role', 'viewer')
  const as = (key: string) => runMoor(['domains', 'list'], { ...environment(), MOORING_API_KEY: key })
  expect(await as(made.key)).toMatchObject({ exitCode: 0, stderr: '' })
  expect((await moor('keys', 'list')).stdout).toMatch(/^shop-backend +viewer +- .* good/m)
  expect(await moor('keys', 'revoke', made.id)).toMatchObject({ exitCode: 0, stdout: `${made.id} is revoked.` })
  expect(await as(made.key)).toMatchObject({ exitCode: 1 })
})

test('a webhook is added, given a new secret and disabled', async () => {
  const { id, secret } = await json('webhooks', 'add', 'https://hooks.example.com/x', '--type', 'domain.active')
  const rotated = await json('webhooks', 'rotate', id)
  expect(rotated.secret).toMatch(/^whsec_/)
  expect(rotated.secret).not.toBe(secret)
  await moor('webhooks', 'disable', id)
  expect((await moor('webhooks', 'list')).stdout).toContain('disabled')
  expect(await moor('webhooks', 'add', 'http://127.0.0.1/')).toMatchObject({ exitCode: 2 })
})

describe('what is done to many', () => {
  beforeEach(async () => {
    for (const name of ['a', 'b'])
      await moor('domains', 'add', `${name}.example.com`, '--redirect', 'https://x.example/')
  })

  test('is counted first, and done only when somebody said so', async () => {
    const counted = await moor('domains', 'bulk', 'delete', '--state', 'pending', '--dry-run')
    expect(counted).toMatchObject({ exitCode: 0, stdout: '2 domains fit.' })
    const asked = await moor('domains', 'bulk', 'delete', '--state', 'pending')
    expect(asked).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('say --yes') })
    expect(await pending()).toHaveLength(2)
    const done = await moor('domains', 'bulk', 'delete', '--state', 'pending', '--yes', '--why', 'a test')
    expect(done).toMatchObject({ exitCode: 0, stdout: 'Done for 2 of 2 domains.' })
    expect(await pending()).toHaveLength(0)
  })

  test('is refused in part where a part does not allow it', async () => {
    const { exitCode, stdout } = await moor('domains', 'bulk', 'retry', '--yes')
    expect(exitCode).toBe(1)
    expect(stdout).toContain('Done for 0 of 2 domains.')
    expect(stdout).toContain('2 refused: WRONG_STATE')
  })
})

test('a name is claimed for another tenant, with the same target', async () => {
  await launch({ hostname: 'shop.example.com', target: { type: 'redirect', url: 'https://www.example.org/' } })
  const claim = await json('domains', 'move', 'shop.example.com', '--tenant', 'acme')
  expect(claim).toMatchObject({ tenant: 'acme', state: 'pending', target: { url: 'https://www.example.org/' } })
})

describe('moor audit', () => {
  test('says who did what and why, and hands all of it on', async () => {
    await moor('silence', 'add', '--for', '2h', '--why', 'Störung der CA')
    const { stdout } = await moor('audit', 'list', '--action', 'silences.create')
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(/bootstrap key silences\.create sil_\S+ Störung der CA/)
    await createAuditSealer(database()).seal()
    const exported = await moor('audit', 'export')
    expect(exported).toMatchObject({ exitCode: 0, stderr: '' })
    const lines = exported.stdout.split('\n').map((each) => JSON.parse(each))
    // The head of the chain, then its entries.
    expect(lines).toEqual([{ chain: expect.anything() }, expect.objectContaining({ action: 'silences.create' })])
  })

  test('tells a tenant of what was done to its domains, and not who of the platform did it', async () => {
    await launch({ hostname: 'shop.example.com', target: { type: 'none' }, tenant: 'acme' })
    const { key } = await json('keys', 'create', 'a', '--tenant', 'acme', '--role', 'admin')
    const own = await runMoor(['audit', 'list'], { ...environment(), MOORING_API_KEY: key })
    expect(own).toMatchObject({ exitCode: 0, stderr: '' })
    expect(own.stdout).toMatch(/ a key +domains\.create /)
    expect(own.stdout).not.toContain('bootstrap')
  })

  test('says that the record is whole, and where it was changed', async () => {
    await launch({ hostname: 'shop.example.com', target: { type: 'none' } })
    await createAuditSealer(database()).seal()
    const whole = { exitCode: 0, stdout: 'The record is whole: 1 entry in 1 chain.' }
    expect(await moor('audit', 'verify')).toMatchObject(whole)
    await asSuperuser(`alter table audit disable trigger user; update audit set actor_id = 'x'`)
    const broken = await moor('audit', 'verify')
    expect(broken.exitCode).toBe(1)
    expect(broken.stdout).toMatch(/^default +1 +1$/m)
  })

  test('says so of an export, too, which needs no server', async () => {
    await launch({ hostname: 'shop.example.com', target: { type: 'none' } })
    await createAuditSealer(database()).seal()
    const exported = (await moor('audit', 'export')).stdout
    await server().stop()
    const dir = await mkdtemp(join(tmpdir(), 'mooring-audit-'))
    const verify = async (content: string) => {
      await writeFile(join(dir, 'audit.ndjson'), content)
      return moor('audit', 'verify', '--file', join(dir, 'audit.ndjson'))
    }
    expect(await verify(exported)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('is whole: 1 entry in 1 chain.'),
    })
    const forged = await verify(exported.replace('domains.create', 'domains.delete'))
    expect(forged).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/^default +1 +1$/m) })
    expect(await verify('')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('it is no export') })
    await rm(dir, { recursive: true })
    expect(await moor('audit', 'verify', '--file', join(dir, 'gone'))).toMatchObject({ exitCode: 2 })
  })
})

describe('moor completion', () => {
  test('is a script with which bash completes commands and their options', async () => {
    const load = `source <('${process.execPath}' '${MOOR}' completion bash); complete -p moor >/dev/null || exit 1`
    const complete = async (...words: string[]) => {
      const quoted = words.map((word) => `"${word}"`).join(' ')
      const script = `${load}\nCOMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _moor; echo "\${COMPREPLY[@]}"`
      return (await execa('bash', ['-c', script])).stdout
    }
    expect(await complete('moor', 'do')).toBe('domains doctor')
    expect(await complete('moor', 'domains', 're')).toBe('retry renew resume restore')
    expect(await complete('moor', 'domains', 'delete', 'shop.example.com', '--im')).toBe('--immediate')
    expect(await complete('moor', 'domains', 'bulk', 'sus')).toBe('suspend')
    expect(await complete('moor', 'completion', '--js')).toBe('--json')
  })

  test('is there for other shells, and for none that is not known', async () => {
    expect((await moor('completion', 'zsh')).stdout).toMatch(/^#compdef moor$/m)
    expect((await moor('completion', 'fish')).stdout).toContain(`complete -c moor -n '__moor_at "domains"' -f -a watch`)
    expect(await moor('completion', 'tcsh')).toMatchObject({ exitCode: 2 })
  })
})
