import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createLeafKeyAndCsr, createLocalCa } from '@mooring/providers'
import type { Hostname } from '@mooring/core'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { aLeaf, dns } from '../builders/own-certificate.ts'
import { type Fleet, startFleet } from '../services/fleet.ts'
import { runMoor, runMoorOnTerminal } from '../services/moor.ts'
import { type Reader, person, program } from '../services/moor-readers.ts'
import { eventually } from '../services/processes.ts'

// One fleet, on which a person at a terminal and a program with --json do the same with domains of their own.
let fleet: Fleet
let environment: Record<string, string>
let readers: Reader[]
let database: pg.Client
const platform = createServer((_, response) => void response.writeHead(204).end())
beforeAll(async () => {
  fleet = await startFleet({ workers: 2, edges: 1, env: { MOORING_WEBHOOK_ALLOW: '127.0.0.0/8' } })
  environment = { MOORING_API_URL: fleet.apiUrl, MOORING_API_KEY: fleet.apiKey }
  readers = [person(environment), program(environment)]
  database = new pg.Client({ connectionString: fleet.database.url })
  await database.connect()
  await new Promise<void>((resolve) => platform.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  platform.closeAllConnections()
  platform.close()
  await database?.end()
  await fleet?.stop()
})

const both = (story: (moor: Reader) => Promise<void>) => Promise.all(readers.map(story))
const nameOf = (label: string, { name }: Reader) => `${label}.of-a-${name}.com`
const idIn = (text: string) => /\b(?:edge|whk|msg|sil|key|user)_[0-9a-f-]{36}\b/.exec(text)?.[0] ?? ''
const hooks = () => `http://127.0.0.1:${(platform.address() as AddressInfo).port}/hooks`

it('a domain is launched before one’s eyes, and looked at from all sides', async () => {
  await both(async (moor) => {
    const hostname = nameOf('shop', moor)
    await moor.run(['domains', 'add', hostname, '--to', fleet.site.url], { says: / is pending\.[^]*Value\n?\s*token=/ })
    await moor.run(['domains', 'show', hostname], { says: /Records that are not there yet/ })
    await moor.run(['domains', 'watch', hostname, '--timeout', '1'], {
      exitCode: 3,
      says: /pending|verifying[^]*moor: shop\.\S+ is not there yet\./,
      form: 'lines',
    })
    await moor.run(['domains', 'rotate-token', hostname], { says: /token=/ })
    const launched = moor.run(['domains', 'watch', hostname], {
      says: /verified › provisioning_cert › active\n\nWhat happened\n[^]*certificate\.issued {2}acme[^]*domain\.active/,
      form: 'lines',
    })
    await fleet.addRecords(await fleet.domain(hostname))
    await moor.run(['domains', 'check', hostname], { says: /Looked at again/ })
    await launched
    await moor.run(['domains', 'list', '--search', 'shop'], { says: /^Hostname +State +Reason\n[^]*active$/m })
    await moor.run(['domains', 'events', hostname], { says: /^\S+Z {2}domain\.active +mooring$/m })
    await moor.run(['domains', 'attempts', hostname], { says: /^\S+Z {2}confirm_route +done +worker-\d$/m })
    await moor.run(['certificates', 'list'], { says: /^shop\.\S+ +in \d+ d +in \d+ d +acme$/m })
    await moor.run(['jobs', 'list'], { says: /^Kind +Hostname|No job fits/ })
    await moor.run(['limits'], { says: /^acme takes any number of launches/ })
    await moor.run(['notifications'], { says: /Nobody was told anything|^Age +Kind/ })
    await moor.run(['doctor', hostname, '--dns', '127.0.0.1:1', '--timeout', '5'], {
      exitCode: 3,
      says: /Compared with/,
    })
  })
})

it('a domain is suspended, resumed, renewed, moved, let go, brought back and forgotten', async () => {
  await both(async (moor) => {
    const hostname = nameOf('shop', moor)
    await moor.run(['domains', 'suspend', hostname, '--why', 'not paid'], { says: / is suspended\./ })
    await moor.run(['domains', 'watch', hostname], { exitCode: 1, says: /^suspended$/m, form: 'lines' })
    await moor.run(['domains', 'resume', hostname], { says: / is suspended\./ })
    await moor.run(['domains', 'watch', hostname], { says: / › active$/m, form: 'lines' })
    await moor.run(['domains', 'resume', hostname], { exitCode: 1, says: /"active", which does not allow this/ })
    await moor.run(['domains', 'renew', hostname], { says: / is active\./ })
    await moor.run(['domains', 'move', hostname, '--tenant', 'acme'], { says: / is pending\./ })
    await fleet.call('DELETE', `/v1/domains/${(await claimOf(hostname)).id}?immediate=true`)

    await moor.run(['domains', 'delete', hostname], { says: / is deprovisioning\./ })
    await moor.run(['domains', 'restore', hostname], { says: / is (pending|verif)/ })
    await moor.run(['domains', 'delete', hostname, '--immediate'], {
      says: / is deprovisioning\.\nLooked at again at \S+$/,
    })
    await moor.run(['domains', 'watch', hostname], { says: /^deprovisioned$/m, form: 'lines' })
    await moor.run(['domains', 'erase', hostname], { says: / is deprovisioned\./ })
  })
})

const claimOf = async (hostname: string) =>
  (await fleet.call('GET', `/v1/domains?tenant=acme&q=${hostname}`)).body.data[0] as { id: string }

it('a customer’s own certificate is brought along', async () => {
  const ca = await createLocalCa(join(fleet.dir, 'own-ca'))
  await both(async (moor) => {
    const hostname = nameOf('own', moor) as Hostname
    const { keyPem } = createLeafKeyAndCsr(hostname)
    const chain = join(fleet.dir, `${hostname}.pem`)
    await writeFile(chain, `${await aLeaf({ ca, keyPem, names: dns(hostname), now: new Date() })}${ca.caCertPem}`)
    await writeFile(`${chain}.key`, keyPem)
    await fleet.post(hostname)
    const given = ['certificates', 'import', hostname, '--chain', chain]
    await moor.run([...given, '--key', `${chain}.key`], { says: / is (pending|verifying)\./ })
    await moor.run([...given, '--key', '/nowhere'], { exitCode: 2, says: /\/nowhere cannot be read/ })
    expect((await fleet.domain(hostname)).certificate).toMatchObject({ issuer: 'imported' })
  })
})

it('a failed launch is tried again, and what a filter picks is acted on as one', async () => {
  await both(async (moor) => {
    const hostname = nameOf('failed', moor)
    const filter = ['--q', hostname]
    // Between two steps: the one that runs would write over it.
    const fail = () =>
      eventually('it is failed', async () => {
        const { rowCount } = await database.query(
          `update domains set state = 'failed', next_run_at = null where hostname = $1 and lease_until is null`,
          [hostname],
        )
        return rowCount === 1
      })
    const { id } = await fleet.post(hostname)
    await fleet.reaches(id, 'verifying')
    await fail()
    await moor.run(['domains', 'retry', hostname], { says: / is verifying\./ })
    await fail()
    await moor.run(['jobs', 'retry', ...filter, '--dry-run'], { says: /^1 jobs fit\./ })
    // Whoever sits there is asked, and a program is told that it has to say so.
    if (moor.name === 'person') {
      await moor.run(['jobs', 'retry', ...filter], {
        exitCode: 1,
        says: /retry 1 jobs\? \[y\/N\][^]*Nothing was/,
        keys: 'n\n',
      })
      await moor.run(['jobs', 'retry', ...filter], { says: /Done for 1 of 1 jobs/, keys: 'y\n' })
    } else {
      await moor.run(['jobs', 'retry', ...filter], { exitCode: 2, says: /say --yes/ })
      await moor.run(['jobs', 'retry', ...filter, '--yes'], { says: /Done for 1 of 1 jobs/ })
    }
    for (const action of ['check', 'cancel'])
      await moor.run(['jobs', action, ...filter, '--yes'], { says: /Done for 1 of 1/ })
    for (const action of ['replay', 'discard'])
      await moor.run(['jobs', action, ...filter, '--yes'], { says: /Done for 0 of 0/ })

    const many = ['--q', nameOf('many', moor)]
    const made = await fleet.post(nameOf('many', moor))
    await fleet.reaches(made.id, 'verifying')
    for (const action of ['check', 'delete'])
      await moor.run(['domains', 'bulk', action, ...many, '--yes'], { says: /Done for 1 of 1 domains/ })
    for (const action of ['retry', 'renew', 'suspend', 'resume'])
      await moor.run(['domains', 'bulk', action, ...many, '--yes'], { exitCode: 1, says: /1 refused: WRONG_STATE/ })
  })
})

it('a service is made, reaches the edges, is used, and is forgotten', async () => {
  await both(async (moor) => {
    const [name, hostname] = [`of-a-${moor.name}`, nameOf('behind', moor)]
    const { host } = new URL(fleet.site.url)
    await moor.run(['services', 'set', name, '--server', host], { says: /^ +Server +127\.0\.0\.1:\d+$/m })
    await moor.run(['domains', 'add', hostname, '--service', name], { says: /^Requests go to service of-a-\w+\.$/m })
    await eventually('the edge has it', async () => {
      const { body } = await fleet.call('GET', `/v1/services/${name}`)
      return body.edges.applied === 1
    })
    await moor.run(['services', 'show', name], { says: /^1 edge has it: all there are\.$/m })
    await moor.run(['services', 'list'], { says: /^of-a-person +- +http +1\/1 +127\.0\.0\.1:\d+$/m })
    await moor.run(['services', 'delete', name], { exitCode: 1, says: /Domains have of-a-\w+ as their target/ })
    await fleet.call('PATCH', `/v1/domains/${hostname}`, { target: { type: 'none' } })
    await moor.run(['services', 'delete', name], { says: /is forgotten/ })
  })
})

it('domains come from a file, and from variables', async () => {
  await both(async (moor) => {
    const file = join(fleet.dir, `${moor.name}.json`)
    const target = { type: 'redirect', url: 'https://www.example.org/' }
    await writeFile(file, JSON.stringify({ domains: [{ hostname: nameOf('file', moor), target }] }))
    await moor.run(['apply', '-f', file, '--dry-run'], { says: /^\+ file\.\S+\n1 to create\.$/m })
    await moor.run(['apply', '-f', file], { says: /^1 created\.$/m })
    await moor.run(['apply', '-f', '/nowhere'], { exitCode: 2, says: /\/nowhere cannot be read/ })
    await moor.run(['import'], { exitCode: 2, says: /DOMAINS names no domain/ })
  })
})

it('workers and edges are told to stand back, and to come again', async () => {
  await both(async (moor) => {
    const worker = moor.name === 'person' ? 'worker-1' : 'worker-2'
    await moor.run(['workers', 'list'], { says: /^worker-1 +(live|draining) +\d\/4/m })
    await moor.run(['workers', 'drain', worker], { says: /takes nothing new/ })
    await moor.run(['workers', 'resume', worker], { says: /takes work again/ })
    await moor.run(['workers', 'drain', 'nobody'], { exitCode: 1, says: /no such worker/ })

    const id = idIn(
      await moor.run(['edges', 'enrol', `of-a-${moor.name}`, '--pool', 'spare'], { says: /Token +moor_edge_/ }),
    )
    await moor.run(['edges', 'quarantine', id], { says: /is set apart/ })
    await moor.run(['edges', 'list'], { says: /^edge-1 +default +live[^]*^of-a-person +spare +set apart/m })
    await moor.run(['edges', 'release', id], { says: /is counted on again/ })
    await moor.run(['edges', 'forget', id], { says: /is forgotten/ })
  })
})

it('a webhook is added, tried, looked through, replayed and removed', async () => {
  await both(async (moor) => {
    const id = idIn(await moor.run(['webhooks', 'add', hooks(), '--type', 'domain.active'], { says: /Secret +whsec_/ }))
    const message = idIn(await moor.run(['webhooks', 'test', id], { says: /is on its way/ }))
    await eventually('it is delivered', async () => {
      const { body } = await fleet.call('GET', `/v1/webhooks/${id}/deliveries`)
      return body.data[0]?.status === 'delivered'
    })
    await moor.run(['webhooks', 'list'], { says: /^whk_\S+ +enabled +-\s+http/m })
    await moor.run(['webhooks', 'deliveries', id], { says: /^msg_\S+ +\d+ s ago +delivered +1\s+webhook\.test +204$/m })
    await moor.run(['webhooks', 'replay', id, '--message', message], { says: /Sent again: 1\./ })
    await moor.run(['webhooks', 'replay', id], { exitCode: 2, says: /--message <id> or --since <time>/ })
    await moor.run(['webhooks', 'rotate', id], { says: /Secret +whsec_/ })
    await moor.run(['webhooks', 'disable', id], { says: /is disabled/ })
    await moor.run(['webhooks', 'enable', id], { says: /is enabled/ })
    await moor.run(['webhooks', 'remove', id], { says: /is removed/ })
  })
})

it('notices are silenced, and keys and people come and go', async () => {
  await both(async (moor) => {
    const silence = ['silence', 'add', '--for', '2h', '--code', 'CA_UNAVAILABLE']
    await moor.run(silence, { exitCode: 2, says: /--why/ })
    const silent = idIn(await moor.run([...silence, '--why', `a ${moor.name}`], { says: /^Silent until/ }))
    await moor.run(['silence', 'list'], { says: /^CA_UNAVAILABLE +any +in \d+ min/m })
    await moor.run(['silence', 'end', silent], { says: /is over/ })

    const key = idIn(await moor.run(['keys', 'create', moor.name, '--role', 'viewer'], { says: /Key\n?\s*moor_/ }))
    await moor.run(['keys', 'list'], { says: /^(person|program) +viewer +- +never +good/m })
    await moor.run(['keys', 'revoke', key], { says: /is revoked/ })

    const added = ['users', 'add', `${moor.name}@example.com`, '--name', 'Ann']
    const user = idIn(await moor.run(added, { says: /may sign in as viewer/, input: 'correct horse battery staple' }))
    await moor.run(['users', 'role', user, 'operator'], { says: /is operator/ })
    await moor.run(['users', 'disable', user], { says: /cannot sign in/ })
    await moor.run(['users', 'list'], { says: /@example\.com +Ann +operator/ })
    await moor.run(['users', 'enable', user], { says: /may sign in/ })
    await moor.run(['users', 'remove', user], { says: /is forgotten/ })
  })
})

it('the record says who did what, is whole, and is handed on', async () => {
  await both(async (moor) => {
    await moor.run(['audit', 'list', '--action', 'domains.suspend'], {
      says: /bootstrap key +domains\.suspend[^]*not paid/,
    })
    await eventually('it is sealed', async () => (await fleet.call('GET', '/v1/audit/verify')).body.chains.length > 0)
    await moor.run(['audit', 'verify'], { says: /^The record is whole: [\d,]+ entries/ })
    await moor.run(['audit', 'export'], { says: /"action":"silences\.create"/, form: 'lines' })
  })
})

it('every command was run, at a terminal and by a program', async () => {
  const scripts = await Promise.all(
    readers.map((moor) => moor.run(['completion', 'fish'], { says: /^# moor/, form: 'text' })),
  )
  const follows = [...String(scripts[0]).matchAll(/__moor_at "(.*)"' -f -a (\S+)$/gm)]
  const commands = follows.map(([, path, word]) => [path, word].join(' ').trim())
  const groups = new Set(follows.map(([, path]) => path))
  const runnable = commands.filter((command) => !groups.has(command))
  expect(runnable.length).toBeGreaterThan(60)
  for (const { ran } of readers) {
    const lines = ran.map((args) => `${args.join(' ')} `)
    expect(runnable.filter((command) => !lines.some((line) => line.startsWith(`${command} `)))).toEqual([])
  }
})

it('colours are for terminals alone, and not for those who want none', async () => {
  const list = ['certificates', 'list']
  expect((await runMoorOnTerminal(list, environment)).screen).toContain('\x1b[2mHostname')
  expect((await runMoorOnTerminal(list, { ...environment, NO_COLOR: '1' })).screen).not.toContain('\x1b')
  expect((await runMoor(list, environment)).stdout).not.toContain('\x1b')
})
