import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { startDaemon } from './daemon.ts'
import { freePorts } from './free-ports.ts'
import { type PowerDnsZones, callPowerDns, zonesOfPowerDns } from './powerdns-zones.ts'
import { provide, type Recipe, type Running } from './provide.ts'

/** An authoritative DNS server with an HTTP API. What is changed is served at once: it caches nothing. */
export interface PowerDns extends PowerDnsZones {
  /** `ip:port`, UDP and TCP. */
  dnsServer: string
  /** Of the HTTP API, without a path. */
  apiUrl: string
  apiKey: string
  /** To be stopped and continued: a server that hangs. */
  pid: number
}

export interface PowerDnsOptions {
  /** Servers of one tree of delegations share a port (`freePortAtEach`) on addresses of their own. */
  address?: string
  port?: number
}

export const startPowerDns = (options: PowerDnsOptions = {}): Promise<Running<PowerDns>> => provide(recipe(options))

const recipe = (options: PowerDnsOptions): Recipe<PowerDns> => ({
  name: 'PowerDNS',
  // Tests overwrite its zones, so one that somebody else uses would not do.
  fromEnvironment: () => null,
  // The schema comes with the backend, which is a package of its own.
  binaries: ['pdns_server', 'schema.sqlite3.sql'],
  searchIn: ['/usr/share/pdns-backend-sqlite3/schema'],
  packages: ['pdns-server', 'pdns-backend-sqlite3'],
  startLocal: (paths) => startLocal(paths, options),
})

async function startLocal(
  paths: Record<string, string>,
  { address = '127.0.0.1', port }: PowerDnsOptions,
): Promise<Running<PowerDns>> {
  const folder = await mkdtemp(join(tmpdir(), 'mooring-powerdns-'))
  const removeFolder = () => rm(folder, { recursive: true, force: true })
  try {
    const [freePort, apiPort] = (await freePorts(2)) as [number, number]
    const dnsPort = port ?? freePort
    const apiKey = randomBytes(16).toString('hex')
    await createDatabase(join(folder, 'zones.sqlite3'), String(paths['schema.sqlite3.sql']))
    await writeFile(join(folder, 'pdns.conf'), configuration({ folder, address, dnsPort, apiPort, apiKey }))

    const apiUrl = `http://127.0.0.1:${apiPort}`
    const call = callPowerDns(apiUrl, apiKey)
    const daemon = await startDaemon({
      program: String(paths['pdns_server']),
      args: [`--config-dir=${folder}`],
      // It binds its DNS sockets before it answers here.
      answers: () =>
        call('GET', '').then(
          () => true,
          () => false,
        ),
    })
    const stop = async () => {
      await daemon.stop()
      await removeFolder()
    }
    const dnsServer = `${address}:${dnsPort}`
    return { address: { dnsServer, apiUrl, apiKey, pid: daemon.pid, ...zonesOfPowerDns(call) }, stop }
  } catch (error) {
    await removeFolder()
    throw error
  }
}

async function createDatabase(path: string, schemaFile: string): Promise<void> {
  const database = new DatabaseSync(path)
  database.exec(await readFile(schemaFile, 'utf8'))
  database.close()
}

/** https://doc.powerdns.com/authoritative/settings.html */
const configuration = (at: {
  folder: string
  address: string
  dnsPort: number
  apiPort: number
  apiKey: string
}): string => `
launch=gsqlite3
gsqlite3-database=${at.folder}/zones.sqlite3
gsqlite3-dnssec=yes
gsqlite3-pragma-synchronous=0
local-address=${at.address}
local-port=${at.dnsPort}
socket-dir=${at.folder}
daemon=no
guardian=no
disable-syslog=yes
write-pid=no
webserver=yes
webserver-address=127.0.0.1
webserver-port=${at.apiPort}
webserver-loglevel=none
api=yes
api-key=${at.apiKey}
# Otherwise a change would be served when the caches have forgotten.
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
zone-metadata-cache-ttl=0
dnssec-key-cache-ttl=0
# Asks the vendor, over the network, whether this version is safe.
security-poll-suffix=
default-soa-content=ns1.@ hostmaster.@ 1 10800 3600 604800 60
`
