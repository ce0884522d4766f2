import ipaddr from 'ipaddr.js'
import type { DnsHost } from '../dns/known-hosts.ts'
import type { RequiredRecord } from '../domain/records.ts'
import { isWithin } from '../domain/hostname.ts'
import type { ZoneFacts } from '../ports.ts'
import type { Reason, ReasonCode } from '../reasons.ts'
import type { Check, CheckId, Diagnosis, NextStep } from './diagnosis.ts'

type Facts = Pick<Diagnosis, 'checks' | 'records' | 'zone' | 'dnsHost'>

/** What a layman does, one thing after the other; empty when nothing is left to do. */
export function nextSteps({ checks, records, zone, dnsHost }: Facts): NextStep[] {
  const worthMending = causes(checks, records)
  if (worthMending.length === 0) return unsureSteps(checks)
  const steps = worthMending.map((check) => stepsFor(check, { records, zone, dnsHost }))
  const first = worthMending.findIndex(isMendedAtDnsHost)
  if (first === -1) return [...steps.flat(), step('Then look again.')]
  return [...steps.toSpliced(first, 0, [signIn(zone, dnsHost)]).flat(), step('Save, and look again in a minute.')]
}

/** What is mended by changing a record, rather than at a registrar, at a web server or in time. */
const MENDED_AT_DNS_HOST: readonly ReasonCode[] = [
  'DNS_TXT_MISSING',
  'DNS_TXT_MISMATCH',
  'DNS_RECORD_MISSING',
  'DNS_RECORD_MISMATCH',
  'DNS_NXDOMAIN',
  'DNS_DOUBLED_LABEL',
  'DNS_STRAY_A',
  'DNS_STRAY_AAAA',
  'DNS_PROXIED',
  'DNS_CNAME_LOOP',
  'CAA_FORBIDS',
]

const isMendedAtDnsHost = ({ id, reason }: Check): boolean =>
  id !== 'zone' && reason !== null && MENDED_AT_DNS_HOST.includes(reason.code)

const step = (text: string, fields: NextStep['fields'] = []): NextStep => ({ text, fields })

/** Problems without those that go away when another one is mended. */
function causes(checks: Check[], records: Facts['records']): Check[] {
  const problems = checks.filter(({ status }) => status === 'problem')
  const codeOf = (id: CheckId) => problems.find((check) => check.id === id)?.reason?.code
  // A name that nobody registered can hold no records.
  if (codeOf('zone') !== undefined) return problems.filter(({ id }) => id === 'zone')
  const routing = codeOf('routing')
  const gone = new Set<CheckId>()
  if (routing !== undefined) {
    gone.add('challenge_path_ipv6').add('challenge_path_ipv4')
    // One record is both proof and routing: what stands in its place is told by one of the two.
    const isOneRecord = records.length > 0 && records.every(({ purpose }) => purpose === 'ownership')
    const isInPlace = codeOf('ownership') === 'DNS_RECORD_MISSING' && routing === 'DNS_RECORD_MISMATCH'
    if (isOneRecord && codeOf('ownership') !== undefined) gone.add(isInPlace ? 'ownership' : 'routing')
  }
  return problems.filter(({ id }) => !gone.has(id))
}

/** Where nothing is known to be wrong, but something could not be asked: whose turn it is, by the first of them. */
function unsureSteps(checks: Check[]): NextStep[] {
  const unsure = checks.find(({ status }) => status === 'unknown')
  return unsure === undefined ? [] : [step(unsure.reason?.message ?? unsure.detail), step('Then look again.')]
}

function signIn(zone: ZoneFacts | null, dnsHost: DnsHost | null): NextStep {
  if (dnsHost !== null) return step(`Sign in at ${dnsHost.name} (${dnsHost.url}) and open: ${dnsHost.path}.`)
  const servers = zone?.nameServers ?? []
  const whose = servers.length === 0 ? '' : ` Its name servers are ${servers.join(', ')}.`
  return step(
    `Sign in where the DNS of ${zone?.name ?? 'the domain'} is managed, and open the list of its records.${whose}`,
  )
}

function stepsFor({ id, reason }: Check, { records, zone, dnsHost }: Omit<Facts, 'checks'>): NextStep[] {
  if (reason === null) return []
  const ofPurpose = records.filter(({ purpose }) => purpose === id)
  const wanted = id === 'routing' && ofPurpose.length === 0 ? records : ofPurpose
  const wrong = wanted.filter(({ status }) => status !== 'ok')
  const field = (name: string) => hostField(name, zone, dnsHost)
  const add = (text: string) => wrong.map((record) => step(text, fieldsOf(record, field)))
  // As text: whatever has no words of its own here is told in those of its reason.
  switch (wrong.length === 0 ? 'its reason says it' : (reason.code as string)) {
    case 'DNS_TXT_MISSING':
    case 'DNS_RECORD_MISSING':
    case 'DNS_NXDOMAIN':
      return add('Add this record:')
    case 'DNS_TXT_MISMATCH':
      return add('Add this record; others of the same name may stay:')
    case 'DNS_RECORD_MISMATCH':
      return [
        step(`Delete the present record of ${wrong[0]?.name} (${inPlace(reason)}).`),
        ...add('Add this record in its place:'),
      ]
    case 'DNS_DOUBLED_LABEL':
      return add('Edit the record that is there, and type the host exactly as it stands here:')
    default:
      return reason.code === 'CAA_FORBIDS' ? caaSteps(reason, field) : [step(reason.message)]
  }
}

/** Addresses behind an alias are not in this zone: only the alias is there to be deleted. */
function inPlace({ observed = [] }: Reason): string {
  const alias = observed.find((value) => !ipaddr.isValid(value))
  return alias === undefined ? observed.join(', ') : `CNAME ${alias}`
}

/** The record to add, if one would help: beside one that nobody understands, none does. */
function caaSteps({ expected = [], message }: Reason, field: (name: string) => string): NextStep[] {
  return expected.map((record) => {
    const [, name, value] = /^(\S+) CAA (\d+ .*)$/.exec(record) ?? []
    if (name === undefined || value === undefined) return step(message)
    return step('Add this record beside the CAA records that are there:', [
      { label: 'Type', value: 'CAA' },
      { label: 'Host', value: field(name) },
      { label: 'Value', value },
    ])
  })
}

const fieldsOf = ({ type, name, value }: RequiredRecord, field: (name: string) => string): NextStep['fields'] => [
  { label: 'Type', value: type },
  { label: 'Host', value: field(name) },
  { label: 'Value', value },
]

/** Most DNS hosts add the zone's name by themselves, and call the zone itself `@`. */
function hostField(name: string, zone: ZoneFacts | null, dnsHost: DnsHost | null): string {
  if (zone === null || dnsHost?.hostField === 'full' || !isWithin(name, zone.name)) return name
  return name === zone.name ? '@' : name.slice(0, -zone.name.length - 1)
}
