import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createLocalCa, signLeaf } from '@mooring/providers'
import { startDaemon } from './daemon.ts'
import { freePorts } from './free-ports.ts'
import { provide, type Recipe, type Running } from './provide.ts'

/**
 * Let's Encrypt's small test CA.
 *
 * Version 2.4.0 may stop answering for good when one client reads an authorization while another places an order: the
 * handler of the first holds the authorization and wants the store, the search for reusable authorizations holds the
 * store and wants the authorization, and a writer waits between them. Rare at 8 orders in flight, soon above, and
 * sooner the more authorizations there are: keep to 8, and take a new Pebble for every long run. `/dir` still answers
 * then; every other request meets its deadline.
 */
export interface Pebble {
  directoryUrl: string
  /** The root of Pebble's own HTTPS, for its clients; not the root of what it issues. */
  caFile: string
  managementUrl: string
  /** The root of the certificates it issues, or one of its further roots; new at every start. */
  rootPem(index?: number): Promise<string>
  /** What it says of a certificate, by its serial in hexadecimal: `Valid` or `Revoked`. */
  statusOf(serial: string): Promise<string>
  /** How many certificates it has signed, by its own log. */
  issuances(): Promise<number>
  pid: number
}

export interface PebbleOptions {
  /** `ip:port` of the server that Pebble's validation asks. */
  dnsServer: string
  /** Where HTTP-01 is looked for, instead of port 80. */
  httpPort: number
  /** Over `PEBBLE_VA_NOSLEEP=1`, `PEBBLE_WFE_NONCEREJECT=0` and `PEBBLE_AUTHZREUSE=0`. */
  env?: Record<string, string>
  /** Key id to HMAC key (base64url): accounts must then be bound to one of these (RFC 8555 §7.3.4). */
  externalAccounts?: Record<string, string>
}

export const startPebble = (options: PebbleOptions): Promise<Running<Pebble>> => provide(recipe(options))

const recipe = (options: PebbleOptions): Recipe<Pebble> => ({
  name: 'Pebble',
  // It must ask this run's DNS server, so one that somebody else runs would not do.
  fromEnvironment: () => null,
  binaries: ['pebble'],
  packages: ['pebble'],
  startLocal: (paths) => startLocal(String(paths['pebble']), options),
})

async function startLocal(program: string, options: PebbleOptions): Promise<Running<Pebble>> {
  const folder = await mkdtemp(join(tmpdir(), 'mooring-pebble-'))
  const [port, managementPort] = await freePorts(2)
  const { caFile, certificate, privateKey } = await mintServerCertificate(folder)
  const config = join(folder, 'config.json')
  await writeFile(
    config,
    JSON.stringify({
      pebble: {
        listenAddress: `127.0.0.1:${port}`,
        managementListenAddress: `127.0.0.1:${managementPort}`,
        certificate,
        privateKey,
        httpPort: options.httpPort,
        tlsPort: 1,
        externalAccountBindingRequired: options.externalAccounts !== undefined,
        externalAccountMACKeys: options.externalAccounts ?? {},
      },
    }),
  )
  const directoryUrl = `https://127.0.0.1:${port}/dir`
  const managementUrl = `https://127.0.0.1:${managementPort}`
  const ca = await readFile(caFile, 'utf8')
  const removeFolder = () => rm(folder, { recursive: true, force: true })
  try {
    const logFile = join(folder, 'log')
    const daemon = await startDaemon({
      program,
      logFile,
      args: ['-config', config, '-dnsserver', options.dnsServer],
      env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0', ...options.env },
      answers: () =>
        download(directoryUrl, ca).then(
          () => true,
          () => false,
        ),
    })
    const rootPem = (index = 0) => download(`${managementUrl}/roots/${index}`, ca)
    const statusOf = async (serial: string) => {
      const status = await download(`${managementUrl}/cert-status-by-serial/${serial.toLowerCase()}`, ca)
      return (JSON.parse(status) as { Status: string }).Status
    }
    const issuances = async () => (await readFile(logFile, 'utf8')).split('Issued certificate serial').length - 1
    const stop = async () => {
      await daemon.stop()
      await removeFolder()
    }
    const address = { directoryUrl, caFile, managementUrl, rootPem, statusOf, issuances, pid: daemon.pid }
    return { address, stop }
  } catch (error) {
    await removeFolder()
    throw error
  }
}

/** For the HTTPS of a server on this machine: Debian's packages bring no certificate. */
export async function mintServerCertificate(folder: string) {
  const ca = await createLocalCa(folder)
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const names = [
    { type: 'ip' as const, value: '127.0.0.1' },
    { type: 'dns' as const, value: 'localhost' },
  ]
  const publicKeyDer = publicKey.export({ type: 'spki', format: 'der' })
  const pem = await signLeaf(ca, { publicKeyDer, names, now: new Date() })
  const [certificate, keyFile] = [join(folder, 'server.pem'), join(folder, 'server-key.pem')]
  await writeFile(certificate, pem)
  await writeFile(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  return { caFile: ca.certFile, certificate, privateKey: keyFile }
}

const download = (url: string, ca: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const request = get(url, { ca, agent: false, timeout: 5000 }, (response) => {
      if (response.statusCode === 200) text(response).then(resolve, reject)
      else reject(new Error(`${url} answered ${response.statusCode}`))
    })
    request.on('timeout', () => request.destroy(new Error(`${url} did not answer within 5 s.`)))
    request.on('error', reject)
  })
