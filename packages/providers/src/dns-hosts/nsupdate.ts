import { DnsProviderProblem } from '@mooring/core'
import { execa } from 'execa'
import type { ServerAddress } from '../dns/server-address.ts'

const PROGRAM = 'nsupdate'
const DEADLINE_MS = 10_000
/** nsupdate gives up by itself before that, and says why. */
const UPDATE_SECONDS = 8
const MAX_OUTPUT_CHARACTERS = 64 * 1024
/** nsupdate takes what is beyond 128 kB of a line for the next command. */
const MAX_LINE_CHARACTERS = 100_000

export interface TsigKey {
  name: string
  algorithm: 'hmac-sha256' | 'hmac-sha512'
  /** Base64. */
  secret: string
}

export interface DynamicUpdate {
  server: ServerAddress
  zone: string
  key: TsigKey
  /** `prereq …` and `update …` of nsupdate(1), one command each; they take effect together or not at all. */
  commands: string[]
  signal: AbortSignal
}

/** A prerequisite that did not hold (RFC 2136 §2.2). */
export type Unmet = 'NXDOMAIN' | 'NXRRSET' | 'YXDOMAIN' | 'YXRRSET'

/**
 * Sends one signed update over TCP (RFC 2136, RFC 8945). Null when it was done, or the prerequisite that was not met and
 * kept it from being done. Throws `DnsProviderProblem` for everything else.
 */
export async function nsupdate(update: DynamicUpdate): Promise<Unmet | null> {
  const { exitCode, stderr, code, isCanceled, timedOut } = await execa(PROGRAM, ['-v', '-t', `${UPDATE_SECONDS}`], {
    input: scriptOf(update),
    reject: false,
    timeout: DEADLINE_MS,
    cancelSignal: update.signal,
    // It starts no processes of its own, and has nothing to tidy up.
    killSignal: 'SIGKILL',
    maxBuffer: MAX_OUTPUT_CHARACTERS,
    // Nothing of ours but where programs are: the environment of a worker holds secrets.
    extendEnv: false,
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
  })
  if (exitCode === 0) return null
  if (code === 'ENOENT') throw new DnsProviderProblem('unavailable', NOT_INSTALLED)
  if (isCanceled || timedOut) throw silent(update)
  return whatItSays(stderr, update)
}

const NOT_INSTALLED =
  'Mooring changes such zones with the program nsupdate, and it is not installed here. ' +
  'Install it: bind9-dnsutils on Debian and Ubuntu, bind-utils on Fedora, bind-tools on Alpine.'

/** The key goes by standard input as well: arguments can be read by every user of the machine. */
function scriptOf({ server, zone, key, commands }: DynamicUpdate): string {
  const lines = [
    `server ${server.address} ${server.port}`,
    `zone ${zone}.`,
    `key ${key.algorithm}:${key.name} ${key.secret}`,
    ...commands,
    'send',
  ]
  if (lines.some((line) => line.length > MAX_LINE_CHARACTERS || /[\r\n\0]/.test(line))) {
    throw new DnsProviderProblem('refused', 'The value is too long to be sent in a dynamic update.')
  }
  return `${lines.join('\n')}\n`
}

function whatItSays(stderr: string, { server, zone, key }: DynamicUpdate): Unmet {
  const at = `${server.address}:${server.port}`
  const [, rcode = '', tsigError] = /update failed: ([A-Z]+)(?:\(([A-Z]+)\))?/.exec(stderr) ?? []
  if (isUnmet(rcode)) return rcode
  if (tsigError === 'BADTIME') {
    throw new DnsProviderProblem('unauthorized', `${at} refuses the key ${key.name}: its clock differs from ours.`)
  }
  if (tsigError !== undefined) {
    const detail = `${at} refuses the key ${key.name} (${tsigError}): check its name, algorithm and secret.`
    throw new DnsProviderProblem('unauthorized', detail)
  }
  if (rcode === 'REFUSED') {
    throw new DnsProviderProblem('unauthorized', `${at} does not let the key ${key.name} change ${zone} (REFUSED).`)
  }
  if (rcode === 'NOTAUTH') throw new DnsProviderProblem('refused', `${at} is not the primary server of ${zone}.`)
  if (rcode === 'NOTZONE' || rcode === 'NOTIMP' || rcode === 'FORMERR') {
    throw new DnsProviderProblem('refused', `${at} declines the update of ${zone} (${rcode}).`)
  }
  if (rcode !== '') throw new DnsProviderProblem('unavailable', `${at} failed to update ${zone} (${rcode}).`)
  if (/syntax error|invalid rdata/.test(stderr)) {
    throw new DnsProviderProblem('refused', `nsupdate does not take the records for ${zone} for valid ones.`)
  }
  throw new DnsProviderProblem('unavailable', `${at} gave no answer that counts: ${stderr.trim().slice(-200)}`)
}

const isUnmet = (rcode: string): rcode is Unmet => ['NXDOMAIN', 'NXRRSET', 'YXDOMAIN', 'YXRRSET'].includes(rcode)

const silent = ({ server }: DynamicUpdate) =>
  new DnsProviderProblem('unavailable', `${server.address}:${server.port} did not answer in time.`)
