import { type EdgeIdentity, type Hostname, isApex, isWildcard } from '@mooring/core'
import type { DoctorOptions } from '../commands/doctor-options.ts'
import type { Config } from '../config.ts'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import type { Expectation } from './expectation.ts'

/** What the options say, and the environment where they are silent. Throws `Failure` for what makes no sense together. */
export function expectationGiven(hostname: Hostname, options: DoctorOptions, config: Config): Expectation {
  const { method, routing } = options
  const name = options.edge ?? config.MOORING_EDGE_HOSTNAME
  const addresses = options.address ?? config.MOORING_EDGE_ADDRESSES ?? []
  const edge = name === undefined && addresses.length === 0 ? null : { hostname: name ?? '', addresses }
  refuseNonsense(hostname, { method, edge })
  return { id: null, method, routing, tls: 'auto', proof: options.record ?? options.token ?? null, edge }
}

/** Whether the command line itself says what is expected. */
export const saysWhatIsExpected = ({ token, record, edge, address }: DoctorOptions): boolean =>
  [token, record, edge, address].some((given) => given !== undefined)

function refuseNonsense(hostname: Hostname, { method, edge }: { method: string; edge: EdgeIdentity | null }): void {
  const refuse = (message: string) => new Failure(EXIT.usage, message)
  if (isWildcard(hostname) && method !== 'txt') throw refuse('A wildcard is proved by the method txt only.')
  if (method === 'cname' && (edge === null || edge.hostname === '')) {
    throw refuse('The method cname needs the edge’s own name: --edge <hostname>.')
  }
  if (edge?.hostname === '' && !isApex(hostname)) {
    throw refuse(`${hostname} needs a CNAME, so say to which name: --edge <hostname>.`)
  }
}
