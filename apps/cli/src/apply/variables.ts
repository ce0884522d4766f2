import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { type Desired, withoutTwins } from './desired.ts'

/**
 * Reads the variables `SERVICES` (`web=http://10.0.0.7:8080, api=http://10.0.0.8:3000`) and `DOMAINS`, of which each entry
 * is one of
 *
 * - `shop.example.com -> web`: requests go to the service, or to an address in its place
 * - `example.com => https://shop.example.com`: visitors are sent there
 * - `new.example.com`: nothing is there yet
 *
 * Entries stand between commas or in lines of their own. Throws `Failure` with everything that is wrong.
 */
export function readVariables(variables: { DOMAINS: string; SERVICES: string; tenant: string }): Desired[] {
  const services = new Map<string, string>()
  const complaints: string[] = []
  for (const entry of entriesOf(variables.SERVICES)) {
    const [, name, url] = /^([\w.-]+)\s*=\s*(\S+)$/.exec(entry) ?? []
    if (name === undefined || url === undefined) complaints.push(`  SERVICES: "${entry}" is not name=address.`)
    else if (services.has(name)) complaints.push(`  SERVICES: ${name} is there twice.`)
    else services.set(name, url)
  }
  const desired = entriesOf(variables.DOMAINS).flatMap((entry, at) => {
    const target = targetOf(entry, services)
    const hostname = entry.split(/\s*[-=]>/)[0] ?? ''
    const place = `DOMAINS[${at}]`
    if (typeof target === 'string') complaints.push(`  ${place}: ${target}`)
    return typeof target === 'string' ? [] : [{ place, body: { hostname, target, tenant: variables.tenant } }]
  })
  if (complaints.length === 0 && desired.length === 0) throw new Failure(EXIT.usage, 'DOMAINS names no domain.')
  if (complaints.length > 0) throw new Failure(EXIT.usage, ['The variables are not right:', ...complaints].join('\n'))
  return withoutTwins(desired)
}

const entriesOf = (text: string): string[] =>
  text
    .split(/[,\n]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')

/** A target, or what is wrong. */
function targetOf(entry: string, services: Map<string, string>): Desired['body']['target'] | string {
  const [, hostname, arrow, to] = /^([^\s<>=]+?)(?:\s*(->|=>)\s*(\S+))?$/.exec(entry) ?? []
  if (hostname === undefined) return `"${entry}" is none of "name -> service", "name => address" and "name".`
  if (arrow === undefined || to === undefined) return { type: 'none' }
  if (arrow === '=>') return { type: 'redirect', url: to }
  const url = URL.canParse(to) && to.includes('://') ? to : services.get(to)
  return url === undefined ? `There is no service ${to} in SERVICES.` : { type: 'proxy', url }
}
