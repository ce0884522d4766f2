import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { type ChalltestRecords, challtestRecordsAt } from './challtestsrv.ts'
import { startDaemon } from './daemon.ts'
import { mintServerCertificate } from './pebble.ts'
import { type Recipe, type Running, provide } from './provide.ts'
import { startRelay } from './relay.ts'

/**
 * Caddy's ACME server (smallstep's library): a dialect that is not Boulder's. It looks for HTTP-01 at port 80 and asks
 * the system's resolver, and neither can be set in Debian's version 2.6. So it runs in a network of its own, with
 * challtestsrv as resolver and web server of every name there; Unix sockets lead out of it.
 */
export interface Caddy extends Pick<ChalltestRecords, 'addHttp01' | 'setTXT'> {
  directoryUrl: string
  /** The root of the server's HTTPS, for its clients; not the root of what it issues. */
  caFile: string
  /** The root of the certificates it issues; new at every start. */
  rootPem(): Promise<string>
}

export const startCaddy = (): Promise<Running<Caddy>> => provide(recipe)

const recipe: Recipe<Caddy> = {
  name: 'Caddy',
  // It must ask this run's resolver, so one that somebody else runs would not do.
  fromEnvironment: () => null,
  binaries: ['caddy', 'pebble-challtestsrv', 'ip', 'unshare'],
  searchIn: ['/usr/sbin', '/sbin', '/bin'],
  packages: ['caddy', 'pebble', 'iproute2', 'util-linux'],
  startLocal,
}

const NAMESPACES = ['--map-root-user', '--net', '--mount', '--pid', '--fork', '--kill-child']

/** Whether this kernel lets us have a network of our own; some containers and distributions do not. */
export const canIsolate = (): boolean => spawnSync('unshare', [...NAMESPACES, 'true']).status === 0

/** Arguments: resolv.conf, ip, challtestsrv, Caddy, its configuration. Everything ends with Caddy, which becomes PID 1. */
const INSIDE = `
"$2" link set lo up && mount --bind "$1" /etc/resolv.conf || exit 1
"$3" -dns01=127.0.0.1:53 -http01=127.0.0.1:80 -management=127.0.0.1:8055 -https01= -tlsalpn01= \\
  -defaultIPv4=127.0.0.1 -defaultIPv6= >/dev/null 2>&1 &
exec "$4" run --config "$5"`

async function startLocal(programs: Record<string, string>): Promise<Running<Caddy>> {
  const folder = await mkdtemp(join(tmpdir(), 'mooring-caddy-'))
  const { caFile, certificate, privateKey } = await mintServerCertificate(folder)
  const [cert, key] = await Promise.all([readFile(certificate), readFile(privateKey)])
  const sockets = { acme: join(folder, 'acme.sock'), records: join(folder, 'records.sock') }
  const acme = await startRelay(createTlsServer({ cert, key }), sockets.acme)
  const management = await startRelay(createServer(), sockets.records)
  const cleanUp = async () => {
    await Promise.all([acme.stop(), management.stop()])
    await rm(folder, { recursive: true, force: true })
  }

  const [config, resolver] = [join(folder, 'caddy.json'), join(folder, 'resolv.conf')]
  const host = `127.0.0.1:${acme.port}`
  await writeFile(config, JSON.stringify(configuration(sockets, { folder, host })))
  await writeFile(resolver, 'nameserver 127.0.0.1\n')
  const records = challtestRecordsAt(`http://127.0.0.1:${management.port}`)
  const { caddy, 'pebble-challtestsrv': challtestsrv, ip, unshare } = programs
  try {
    const daemon = await startDaemon({
      program: String(unshare),
      args: [...NAMESPACES, 'sh', '-c', INSIDE, 'sh', resolver, ip, challtestsrv, caddy, config].map(String),
      // Go's own resolver, because what glibc asks may lead out of the network.
      env: { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, GODEBUG: 'netdns=go' },
      // Through Caddy to challtestsrv: both answer.
      answers: () =>
        records.clearTXT('started.example').then(
          () => true,
          () => false,
        ),
    })
    return {
      address: {
        directoryUrl: `https://${host}/acme/local/directory`,
        caFile,
        rootPem: () => readFile(join(folder, 'pki/authorities/local/root.crt'), 'utf8'),
        addHttp01: records.addHttp01,
        setTXT: records.setTXT,
      },
      stop: async () => {
        await daemon.stop()
        await cleanUp()
      },
    }
  } catch (error) {
    await cleanUp()
    throw error
  }
}

/** https://caddyserver.com/docs/json/ */
const configuration = (
  sockets: { acme: string; records: string },
  { folder, host }: { folder: string; host: string },
) => ({
  admin: { disabled: true },
  storage: { module: 'file_system', root: folder },
  apps: {
    pki: { certificate_authorities: { local: { install_trust: false } } },
    http: {
      servers: {
        // Its HTTPS ends at the relay.
        acme: plainServer(sockets.acme, { handler: 'acme_server', ca: 'local', host }),
        records: plainServer(sockets.records, { handler: 'reverse_proxy', upstreams: [{ dial: '127.0.0.1:8055' }] }),
      },
    },
  },
})

const plainServer = (socket: string, handler: object) => ({
  listen: [`unix/${socket}`],
  automatic_https: { disable: true },
  routes: [{ handle: [handler] }],
})
