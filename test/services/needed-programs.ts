import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A program that suites run. */
export interface Need {
  program: string
  /** The Debian package that brings it. */
  package: string
  /** Files through which a suite needs it. */
  usedBy: string[]
  /** The variable that names a service of somebody else's instead. */
  given?: string
  /** Whether Docker can bring it. */
  inDocker?: boolean
}

const CADDY = ['test/services/caddy.ts']
const FLEET = 'test/services/fleet.ts'

export const NEEDED: Need[] = [
  { program: 'nginx', package: 'nginx-light', usedBy: [FLEET, 'test/services/nginx.ts'] },
  {
    program: 'rabbitmq-server',
    package: 'rabbitmq-server',
    usedBy: ['test/services/rabbitmq.ts'],
    given: 'AMQP_URL_FOR_TESTS',
    inDocker: true,
  },
  { program: 'pebble', package: 'pebble', usedBy: ['test/services/pebble.ts'] },
  { program: 'pebble-challtestsrv', package: 'pebble', usedBy: ['test/services/challtestsrv.ts'] },
  // This package of the backend brings the server along.
  { program: 'pdns_server', package: 'pdns-backend-sqlite3', usedBy: ['test/services/powerdns.ts'] },
  { program: 'named', package: 'bind9', usedBy: ['test/services/named.ts'] },
  { program: 'nsupdate', package: 'bind9-dnsutils', usedBy: ['test/contracts/dns-provider-rfc2136.test.ts'] },
  { program: 'caddy', package: 'caddy', usedBy: CADDY },
  { program: 'ip', package: 'iproute2', usedBy: CADDY },
  { program: 'unshare', package: 'util-linux', usedBy: CADDY },
  // Of the server's own version; the backup service finds it beside the server.
  { program: 'pg_dump', package: 'postgresql', usedBy: ['test/services/postgres-backup.ts'] },
  { program: 'certbot', package: 'certbot', usedBy: ['test/services/certbot.ts'] },
  { program: 'prometheus', package: 'prometheus', usedBy: ['test/services/prometheus.ts'] },
  { program: 'chromium', package: 'chromium', usedBy: ['test/services/browser.ts'] },
  { program: 'curl', package: 'curl', usedBy: ['test/journeys/standalone.test.ts'] },
]

export function isMissing({ program, given }: Need): boolean {
  if (given !== undefined && process.env[given] !== undefined) return false
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin']
  return !folders.some((folder) => existsSync(join(folder, program)))
}
