import { SERVICE_NAME } from '@mooring/core'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { type Desired, type Wanted, withoutTwins } from './desired.ts'
import { entriesOf } from './entries-of.ts'
import { readServices } from './service-variable.ts'

/**
 * Reads the variables `SERVICES` (`web=http://10.0.0.7:8080, api=http://10.0.0.8:3000`), which become services of the
 * platform, and `DOMAINS`, of which each entry is one of
 *
 * - `shop.example.com -> web`: requests go to a service, one of these or of the server's, or to an address in its place
 * - `example.com => https://shop.example.com`: visitors are sent there
 * - `new.example.com`: nothing is there yet
 *
 * Entries stand between commas or in lines of their own. Throws `Failure` with everything that is wrong.
 */
export function readVariables(variables: { DOMAINS: string; SERVICES: string; tenant: string }): Wanted {
  const { services, complaints } = readServices(variables.SERVICES)
  const domains = entriesOf(variables.DOMAINS).flatMap((entry, at) => {
    const target = targetOf(entry)
    const hostname = entry.split(/\s*[-=]>/)[0] ?? ''
    const place = `DOMAINS[${at}]`
    if (typeof target === 'string') complaints.push(`  ${place}: ${target}`)
    return typeof target === 'string' ? [] : [{ place, body: { hostname, target, tenant: variables.tenant } }]
  })
  if (complaints.length === 0 && domains.length === 0) throw new Failure(EXIT.usage, 'DOMAINS names no domain.')
  if (complaints.length > 0) throw new Failure(EXIT.usage, ['The variables are not right:', ...complaints].join('\n'))
  return { services, domains: withoutTwins(domains) }
}

/** A target, or what is wrong. */
function targetOf(entry: string): Desired['body']['target'] | string {
  const [, hostname, arrow, to] = /^([^\s<>=]+?)(?:\s*(->|=>)\s*(\S+))?$/.exec(entry) ?? []
  if (hostname === undefined) return `"${entry}" is none of "name -> service", "name => address" and "name".`
  if (arrow === undefined || to === undefined) return { type: 'none' }
  if (arrow === '=>') return { type: 'redirect', url: to }
  if (URL.canParse(to) && to.includes('://')) return { type: 'proxy', url: to }
  return SERVICE_NAME.test(to) ? { type: 'proxy', service: to } : `${to} is neither a service nor an http:// address.`
}
