import {
  type Diagnosis,
  type EdgeIdentity,
  type Hostname,
  type Resolver,
  blockOf,
  diagnose,
  systemClock,
} from '@mooring/core'
import { createHttpProbe, createResolver } from '@mooring/providers'
import type { DoctorOptions } from '../commands/doctor-options.ts'
import type { Config } from '../config.ts'
import { announcedProbe, announcedResolver } from './announce.ts'
import type { Expectation } from './expectation.ts'
import { subjectOf } from './subject.ts'

/** What CAA records call the authority that most ask. */
const LETS_ENCRYPT = 'letsencrypt.org'

interface Means {
  options: DoctorOptions
  config: Config
  /** Told what is being asked. */
  announce(what: string): void
}

/** Asks DNS and the hostname's web servers from here. */
export async function examine(
  hostname: Hostname,
  expectation: Expectation,
  { options, config, announce }: Means,
): Promise<Diagnosis> {
  const allow = options.dnsAllow ?? config.MOORING_DNS_ALLOW
  const resolver = createResolver({
    servers: options.dns ?? config.MOORING_DNS_SERVERS,
    roots: options.dnsRoots ?? config.MOORING_DNS_ROOTS,
    port: options.dnsPort ?? config.MOORING_DNS_PORT,
    resolvers: options.dnsResolvers ?? config.MOORING_DNS_RESOLVERS,
    allow,
  })
  const asking = announcedResolver(resolver, announce)
  const edge = expectation.edge === null ? null : await withAddresses(expectation.edge, asking)
  const probe = createHttpProbe({
    // An edge may well stand in a private network; other private addresses are nobody's to probe.
    allow: [...allow, ...(edge?.addresses ?? []).map(blockOf)],
    httpPort: options.httpPort ?? config.MOORING_PROBE_HTTP_PORT,
    httpsPort: config.MOORING_PROBE_HTTPS_PORT,
  })
  return diagnose(subjectOf(hostname, expectation, systemClock.now()), {
    resolver: asking,
    probe: announcedProbe(probe, announce),
    // Managed zones are a server's; from here their names are looked at like any other.
    zones: { holding: async () => null },
    clock: systemClock,
    signal: AbortSignal.timeout(options.timeout),
    edge,
    caaIdentities: options.ca ?? config.MOORING_ACME_CAA_IDENTITIES ?? [LETS_ENCRYPT],
  })
}

/** The edge's addresses are what its own name says, unless somebody said them. */
async function withAddresses(edge: EdgeIdentity, resolver: Resolver): Promise<EdgeIdentity> {
  if (edge.addresses.length > 0 || edge.hostname === '') return edge
  const lookups = await Promise.all((['A', 'AAAA'] as const).map((type) => resolver.lookupAtOne(edge.hostname, type)))
  const records = lookups.flatMap(({ answer }) => (answer.kind === 'records' ? answer.records : []))
  return { ...edge, addresses: records.filter(({ type }) => type !== 'CNAME').map(({ value }) => value) }
}
