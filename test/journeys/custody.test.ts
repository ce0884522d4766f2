import { createPrivateKey } from 'node:crypto'
import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createKeyCustody, type SealedKey } from '@mooring/core'
import { execa } from 'execa'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Fleet, startFleet } from '../services/fleet.ts'
import { eventually } from '../services/processes.ts'

let fleet: Fleet
let database: pg.Client
beforeAll(async () => {
  fleet = await startFleet({ workers: 1, edges: 1, env: { LOG_LEVEL: 'trace' } })
  database = new pg.Client({ connectionString: fleet.database.url })
  await database.connect()
})
afterAll(async () => {
  await database?.end()
  await fleet?.stop()
})

/** Every way a P-256 key could be written down: its scalar alone is the whole secret. */
function formsOf(keyPem: string): string[] {
  const { d = '' } = createPrivateKey(keyPem).export({ format: 'jwk' })
  const scalar = Buffer.from(d, 'base64url')
  const lines = keyPem.split('\n').filter((line) => line.length > 40)
  return [...lines, d, scalar.toString('base64'), scalar.toString('hex'), scalar.toString('hex').toUpperCase()]
}

const SERVED_FROM = /^\/edge-\d+\/(certificates\/.+\.pem|state\.json)$/

/** Everything under the folder but what an edge serves from, which its owner alone can read. */
async function* filesBelow(folder: string): AsyncGenerator<{ path: string; content: string }> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name)
    if (!entry.isFile()) continue
    const { mode } = await stat(path)
    if (SERVED_FROM.test(path.slice(folder.length)) && (mode & 0o077) === 0) continue
    yield { path, content: await readFile(path, 'latin1') }
  }
}

async function dumpOfDatabase(): Promise<string> {
  const { rows: tables } = await database.query<{ name: string }>(
    `select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'`,
  )
  const dumps = await Promise.all(
    tables.map(async ({ name }) => JSON.stringify((await database.query(`select to_jsonb(t) from ${name} t`)).rows)),
  )
  return dumps.join('\n')
}

it('no key is anywhere but where it is used: not in logs, rows, messages, answers or other files', async () => {
  const domain = await fleet.launch('sealed.custody-customer.com')
  await fleet.call('POST', `/v1/domains/${domain.id}/renew`)
  await eventually('it is renewed', async () =>
    (await fleet.events(domain.id)).some(({ type }) => type === 'certificate.renewed'),
  )

  const custody = createKeyCustody(String(fleet.settings['MOORING_ENCRYPTION_KEY']))
  const { rows: sealed } = await database.query<{ owner: string; secret: string; key: SealedKey }>(
    `select domain_id as owner, id as secret, sealed_key as key from certificates
     union all select 'acme-account', directory_url, sealed_key from acme_accounts`,
  )
  expect(sealed.length, 'of the launch, of the renewal and of the account').toBe(3)
  const secrets = sealed.flatMap(({ owner, secret, key }) =>
    formsOf(custody.open(key, { ownerId: owner, secretId: secret })),
  )
  const revealedBy = (text: string) => secrets.some((secret) => text.includes(secret))
  expect(revealedBy(secrets[0] ?? ''), 'the search finds what is there').toBe(true)

  const roles = [fleet.api, fleet.scheduler, ...fleet.workers, ...fleet.edges.map(({ agent }) => agent)]
  for (const role of roles) {
    expect(role.log().length).toBeGreaterThan(0)
    expect(revealedBy(role.log())).toBe(false)
    expect(role.log()).not.toContain(fleet.apiKey)
    expect(role.log()).not.toContain(fleet.settings['MOORING_ENCRYPTION_KEY'])
  }
  expect(revealedBy(await dumpOfDatabase())).toBe(false)
  for (const path of [
    '/v1/domains?limit=200',
    `/v1/domains/${domain.id}`,
    `/v1/domains/${domain.id}/events`,
    '/v1/limits',
  ]) {
    const { status, body } = await fleet.call('GET', path)
    expect(status, path).toBe(200)
    expect(revealedBy(JSON.stringify(body)), path).toBe(false)
  }
  // The broker's own files, the edges' configuration, their logs: whatever the system wrote.
  for await (const { path, content } of filesBelow(fleet.dir)) {
    const shown = path.slice(fleet.dir.length)
    expect(revealedBy(content), shown).toBe(false)
  }
})

it('an operator gives the account a new key, and the fleet goes on with it', async () => {
  const keyOfAccount = async () =>
    (await database.query<{ key: SealedKey }>('select sealed_key as key from acme_accounts')).rows[0]?.key
  const before = await keyOfAccount()
  const command = join(import.meta.dirname, '../../apps/worker/src/acme-accounts.ts')
  const options = { env: fleet.settings, reject: false }
  const wrong = await execa('node', [command, 'rollover', 'somebody'], options)
  expect([wrong.exitCode, wrong.stderr]).toEqual([1, 'There is no account somebody. Configured: acme.'])
  expect((await execa('node', [command], options)).exitCode).toBe(2)

  const rollover = await execa('node', [command, 'rollover', 'acme'], options)
  expect([rollover.exitCode, rollover.stdout.split('\n').at(-1)]).toEqual([0, 'acme: it has a new key.'])
  expect(await keyOfAccount()).not.toEqual(before)
  await fleet.launch('after.custody-customer.com')
})
