import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CaProblem, type Hostname, baseOf, checkIssued } from '@mooring/core'
import { type CertbotIssuerOptions, createCertbotIssuer, createLeafKeyAndCsr } from '@mooring/providers'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { provideCertbot } from '../services/certbot.ts'
import { startChalltestsrv } from '../services/challtestsrv.ts'
import { freePorts } from '../services/free-ports.ts'
import { type PebbleOptions, startPebble } from '../services/pebble.ts'
import { chainOf, issuerContract, newHostname } from './issuer.contract.ts'

type Fixture = Awaited<ReturnType<typeof startCertbotFixture>>

/** A real Pebble, and issuers over one data folder whose answers challtestsrv gives. */
async function startCertbotFixture(pebbleOptions: Partial<PebbleOptions> = {}) {
  await provideCertbot()
  const { address: world, stop: stopWorld } = await startChalltestsrv()
  const pebble = await startPebble({ dnsServer: world.dnsServer, httpPort: world.http01Port, ...pebbleOptions })
  const { directoryUrl, caFile } = pebble.address
  const dataFolder = await mkdtemp(join(tmpdir(), 'mooring-certbot-'))
  const issuers: { close(): Promise<void> }[] = []
  const resolve = (hostname: Hostname) => world.setA(baseOf(hostname), ['127.0.0.1'])
  const show = async (answer: { hostname: Hostname; token: string; keyAuthorization: string }) => {
    await resolve(answer.hostname)
    await world.addHttp01(answer.token, answer.keyAuthorization)
  }
  const options: CertbotIssuerOptions = {
    directoryUrl,
    caFile,
    dataFolder,
    answers: { publish: show },
  }
  return {
    dataFolder,
    resolve,
    show,
    pebble: pebble.address,
    newIssuer: (overrides: Partial<CertbotIssuerOptions> = {}) => {
      const issuer = createCertbotIssuer({ ...options, ...overrides })
      issuers.push(issuer)
      return issuer
    },
    publish: async () => {},
    rootPem: () => pebble.address.rootPem(),
    stop: async () => {
      await Promise.all(issuers.map((issuer) => issuer.close()))
      await pebble.stop()
      await stopWorld()
      await rm(dataFolder, { recursive: true })
    },
  }
}

issuerContract('certbot', () => startCertbotFixture())

describe('the certbot issuer', () => {
  let fixture: Fixture
  beforeAll(async () => void (fixture = await startCertbotFixture()))
  afterAll(() => fixture?.stop())

  const { signal } = new AbortController()

  async function anOrder(issuer = fixture.newIssuer(), hostname = newHostname()) {
    const { keyPem, csrDer } = createLeafKeyAndCsr(hostname)
    const order = await issuer.placeOrder({ hostname, challenge: 'http-01', replaces: null }, signal)
    const fits = (chainPem: string) =>
      !(checkIssued(chainPem, { hostname, keyPem, now: new Date() }) instanceof CaProblem)
    return { issuer, hostname, order, csrDer, fits }
  }

  it('leaves an account and the chain behind, with a key that nobody else reads, and nothing else', async () => {
    const { issuer, order, csrDer } = await anOrder()
    await chainOf(issuer, { order, csrDer })

    const files = await filesIn(fixture.dataFolder)
    const kinds = files.map((file) => file.split('/').at(-1))
    expect(kinds.filter((name) => name === 'fullchain.pem')).toHaveLength(1)
    expect(files.filter((file) => /hook|\.well-known|letsencrypt\.log|^runs\//.test(file))).toEqual([])
    for (const file of files) {
      const path = join(fixture.dataFolder, file)
      const holdsKey = /PRIVATE KEY|"d":/.test(await readFile(path, 'utf8'))
      expect(holdsKey, file).toBe(file.endsWith('private_key.json'))
      if (holdsKey) expect((await stat(path)).mode & 0o077).toBe(0)
    }
  })

  it('says what the CA found wrong with the name, and takes the next order', async () => {
    const publish = ({ hostname }: { hostname: Hostname }) => fixture.resolve(hostname)
    const { issuer, hostname, order, csrDer } = await anOrder(fixture.newIssuer({ answers: { publish } }))
    const problem = await issuer.finalize(order, csrDer, signal).catch((error: unknown) => error)
    expect(problem).toMatchObject({ name: 'CaProblem', type: 'unauthorized' })
    expect(problem).toMatchObject({
      subproblems: [{ identifier: hostname, detail: expect.stringContaining('key authorization') }],
    })

    const another = await anOrder(fixture.newIssuer(), hostname)
    expect(another.fits(await chainOf(another.issuer, another))).toBe(true)
  })

  it('tells the CA nothing when the answers cannot be published', async () => {
    const down = new Error('the database is away')
    const answers = { publish: () => Promise.reject(down) }
    const { issuer, order, csrDer } = await anOrder(fixture.newIssuer({ answers }))
    const before = await fixture.pebble.issuances()
    await expect(issuer.finalize(order, csrDer, signal)).rejects.toBe(down)
    expect(await fixture.pebble.issuances()).toBe(before)

    const again = fixture.newIssuer()
    expect((await again.finalize(order, csrDer, signal)).status).toBe('issued')
  })

  it('obtains one certificate for an order that two processes finalize at once', async () => {
    const { issuer, order, csrDer, fits } = await anOrder()
    const other = fixture.newIssuer()
    const before = await fixture.pebble.issuances()
    const both = await Promise.all([issuer.finalize(order, csrDer, signal), other.finalize(order, csrDer, signal)])
    expect(both.map(({ status }) => status)).toContain('issued')

    const chains = [await chainOf(issuer, { order, csrDer }), await chainOf(other, { order, csrDer })]
    expect(chains[0]).toBe(chains[1])
    expect(fits(chains[0] ?? '')).toBe(true)
    expect(await fixture.pebble.issuances()).toBe(before + 1)
  })

  it('ends certbot when the caller gives up, and when it takes too long', async () => {
    const reason = new Error('the process stops')
    const stopping = new AbortController()
    const never = new Promise<void>(() => {})
    const publish = () => {
      stopping.abort(reason)
      return never
    }
    const { issuer, order, csrDer } = await anOrder(fixture.newIssuer({ answers: { publish } }))
    await expect(issuer.finalize(order, csrDer, stopping.signal)).rejects.toBe(reason)
    expect(runningOn(fixture.dataFolder)).toEqual([])

    const slow = await anOrder(fixture.newIssuer({ answers: { publish: () => never }, deadlineMs: 4_000 }))
    await expect(slow.issuer.finalize(slow.order, slow.csrDer, signal)).rejects.toMatchObject({ type: 'unreachable' })
    expect(runningOn(fixture.dataFolder)).toEqual([])
  })

  it('takes no wildcard, no foreign order, and no request for another name', async () => {
    const issuer = fixture.newIssuer()
    const wildcard = { hostname: '*.shop.example.com' as Hostname, challenge: 'http-01' as const, replaces: null }
    await expect(issuer.placeOrder(wildcard, signal)).rejects.toMatchObject({ type: 'noUsableChallenge' })
    const foreign = { orderUrl: 'https://ca.example/order/1' }
    await expect(issuer.finalize(foreign, Buffer.alloc(0), signal)).rejects.toMatchObject({ type: 'orderInvalid' })
    const { order } = await anOrder(issuer)
    const { csrDer } = createLeafKeyAndCsr(newHostname())
    await expect(issuer.finalize(order, csrDer, signal)).rejects.toMatchObject({ type: 'badCSR' })
  })

  it('says that the CA cannot be reached', async () => {
    const [port] = await freePorts(1)
    const directoryUrl = `https://127.0.0.1:${port}/dir`
    const { issuer, order, csrDer } = await anOrder(fixture.newIssuer({ directoryUrl }))
    await expect(issuer.finalize(order, csrDer, signal)).rejects.toMatchObject({ type: 'unreachable' })
  })
})

describe('the certbot issuer elsewhere', () => {
  const { signal } = new AbortController()

  it('takes over what certbot obtained although the process that started it was killed', async () => {
    // Time to be killed in: the CA looks seconds after it was told.
    const fixture = await startCertbotFixture({ env: { PEBBLE_VA_NOSLEEP: '0', PEBBLE_VA_SLEEPTIME: '2' } })
    const { dataFolder, pebble } = fixture
    const askedAgain = () => Promise.reject(new Error('certbot was started again'))
    const issuer = fixture.newIssuer({ answers: { publish: askedAgain } })
    const hostname = newHostname()
    const { csrDer, keyPem } = createLeafKeyAndCsr(hostname)
    const order = await issuer.placeOrder({ hostname, challenge: 'http-01', replaces: null }, signal)

    const { directoryUrl, caFile } = pebble
    const given = { directoryUrl, caFile, dataFolder, orderUrl: order.orderUrl, csr: csrDer.toString('base64') }
    const killed = fork(join(import.meta.dirname, 'certbot-process.ts'), [JSON.stringify(given)])
    const [answer] = (await once(killed, 'message')) as [Parameters<typeof fixture.show>[0]]
    await fixture.show(answer)
    killed.send('published')
    await once(killed, 'message')
    killed.kill('SIGKILL')

    expect(await issuer.finalize(order, csrDer, signal)).toMatchObject({ status: 'processing' })
    await vi.waitUntil(async () => (await issuer.finalize(order, csrDer, signal)).status === 'issued', 30_000)
    const chainPem = await chainOf(issuer, { order, csrDer })
    expect(checkIssued(chainPem, { hostname, keyPem, now: new Date() })).not.toBeInstanceOf(CaProblem)
    expect(await pebble.issuances()).toBe(1)
    await vi.waitUntil(() => runningOn(dataFolder).length === 0, 30_000)
    await fixture.stop()
  })

  it('writes to a webroot that edges serve themselves, and binds its account to the CA’s customer', async () => {
    const webroot = await mkdtemp(join(tmpdir(), 'mooring-webroot-'))
    const [httpPort = 0] = await freePorts(1)
    const edge = createServer((request, response) => {
      readFile(join(webroot, String(request.url))).then(
        (content) => response.end(content),
        () => response.writeHead(404).end(),
      )
    })
    await new Promise<void>((listening) => edge.listen(httpPort, '127.0.0.1', listening))
    const hmacKey = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W'
    const fixture = await startCertbotFixture({ httpPort, externalAccounts: { 'kid-1': hmacKey } })
    const issuer = fixture.newIssuer({ answers: { webroot }, eab: { kid: 'kid-1', hmacKey } })
    const hostname = newHostname()
    await fixture.resolve(hostname)

    const order = await issuer.placeOrder({ hostname, challenge: 'http-01', replaces: null }, signal)
    const { keyPem, csrDer } = createLeafKeyAndCsr(hostname)
    const chainPem = await chainOf(issuer, { order, csrDer })

    expect(checkIssued(chainPem, { hostname, keyPem, now: new Date() })).not.toBeInstanceOf(CaProblem)
    expect(await filesIn(webroot)).toEqual([])
    await fixture.stop()
    await new Promise((closed) => edge.close(closed))
    await rm(webroot, { recursive: true })
  })
})

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
}

/** Command lines of the processes that were started on the folder. */
function runningOn(folder: string): string[] {
  const lines = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      } catch {
        return '' // Ended since the folder was read.
      }
    })
  return lines.filter((line) => line.includes(folder))
}
