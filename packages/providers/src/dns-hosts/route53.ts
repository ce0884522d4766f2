import {
  ChangeResourceRecordSetsCommand,
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
  type ChangeAction,
  type ResourceRecordSet,
} from '@aws-sdk/client-route-53'
import type { DnsProvider, RecordSet } from '@mooring/core'
import { checkedDnsHost } from './checked-dns-host.ts'
import { notAsDocumented, problemOf } from './route53-problem.ts'
import { isRecordType, withoutDot } from './single-records.ts'
import { quoteText, unquoteText } from './text-value.ts'
import { createZoneIds, zonesAbove } from './zone-ids.ts'

const DEADLINE_MS = 10_000
/** An alias shows no TTL of its own. */
const ALIAS_TTL_SECONDS = 60

/**
 * Amazon Route 53. The key needs `route53:ListHostedZonesByName`, `ListResourceRecordSets` and
 * `ChangeResourceRecordSets`. Only public zones are used.
 *
 * Source: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
 */
export function createRoute53Host(
  credentials: { access_key_id: string; secret_access_key: string },
  { endpoint }: { endpoint?: string } = {},
): DnsProvider {
  const client = new Route53Client({
    // Route 53 is one service for the world, and requests to it are signed for this region.
    region: 'us-east-1',
    credentials: { accessKeyId: credentials.access_key_id, secretAccessKey: credentials.secret_access_key },
    // Retried in one layer, by the machine.
    maxAttempts: 1,
    ...(endpoint === undefined ? {} : { endpoint }),
  })
  const within = (signal: AbortSignal) => ({
    abortSignal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]),
  })
  const zoneIds = createZoneIds('Route 53', findZoneId)

  async function findZoneId(zone: string, signal: AbortSignal): Promise<string | null> {
    const command = new ListHostedZonesByNameCommand({ DNSName: `${zone}.` })
    const { HostedZones, IsTruncated } = await client.send(command, within(signal)).catch(problemOf)
    if (HostedZones === undefined || IsTruncated === undefined) throw notAsDocumented()
    const found = HostedZones.find(({ Name, Config }) => Name === `${zone}.` && Config?.PrivateZone !== true)
    return found?.Id ?? null
  }

  /** The sets are listed in order from the name on, and some name may have many (weighted, by place). */
  async function read(zoneId: string, name: string, signal: AbortSignal): Promise<ResourceRecordSet[]> {
    const sets: ResourceRecordSet[] = []
    let start: Partial<ListResourceRecordSetsCommand['input']> = { StartRecordName: `${name}.` }
    for (;;) {
      const command = new ListResourceRecordSetsCommand({ HostedZoneId: zoneId, ...start })
      const page = await client.send(command, within(signal)).catch(problemOf)
      if (page.ResourceRecordSets === undefined || page.IsTruncated === undefined) throw notAsDocumented()
      const here = page.ResourceRecordSets.filter(({ Name = '' }) => nameOf(Name) === name)
      sets.push(...here)
      if (!page.IsTruncated || nameOf(page.NextRecordName ?? '') !== name) return sets
      start = {
        StartRecordName: page.NextRecordName,
        StartRecordType: page.NextRecordType,
        StartRecordIdentifier: page.NextRecordIdentifier,
      }
    }
  }

  async function change(zoneId: string, action: ChangeAction, sets: ResourceRecordSet[], signal: AbortSignal) {
    const Changes = sets.map((set) => ({ Action: action, ResourceRecordSet: set }))
    const command = new ChangeResourceRecordSetsCommand({ HostedZoneId: zoneId, ChangeBatch: { Changes } })
    await client.send(command, within(signal)).catch(problemOf)
  }

  return checkedDnsHost({
    name: 'route53',
    async findZone(name, signal) {
      for (const zone of zonesAbove(name)) {
        if ((await findZoneId(zone, signal)) !== null) return zone
      }
      return null
    },
    list: (zone, name, signal) =>
      zoneIds.with(zone, signal, async (zoneId) => toRecordSets(name, await read(zoneId, name, signal))),
    upsert: (zone, set, signal) =>
      zoneIds.with(zone, signal, (zoneId) => change(zoneId, 'UPSERT', [fromRecordSet(set)], signal)),
    remove: (zone, { name, type }, signal) =>
      zoneIds.with(zone, signal, async (zoneId) => {
        // A set is deleted by naming all that it says.
        const sets = (await read(zoneId, name, signal)).filter(({ Type }) => Type === type)
        if (sets.length > 0) await change(zoneId, 'DELETE', sets, signal)
      }),
  })
}

function fromRecordSet({ name, type, ttlSeconds, values }: RecordSet): ResourceRecordSet {
  const ResourceRecords = values.map((value) => ({ Value: type === 'TXT' ? quoteText(value, 8) : value }))
  return { Name: `${name}.`, Type: type, TTL: ttlSeconds, ResourceRecords }
}

/** Sets that differ only by weight or place are shown as one; an alias as a value that no record could have. */
function toRecordSets(name: string, sets: ResourceRecordSet[]): RecordSet[] {
  return [...Map.groupBy(sets, ({ Type }) => Type)].flatMap(([type, ofType]) => {
    if (!isRecordType(type)) return []
    const values = ofType.flatMap(({ ResourceRecords = [], AliasTarget }) => [
      ...ResourceRecords.map(({ Value = '' }) => valueOf(type, Value)),
      ...(AliasTarget === undefined ? [] : [`alias of ${withoutDot(AliasTarget.DNSName ?? '')}`]),
    ])
    return [{ name, type, ttlSeconds: Math.min(...ofType.map(({ TTL }) => TTL ?? ALIAS_TTL_SECONDS)), values }]
  })
}

function valueOf(type: RecordSet['type'], value: string): string {
  if (type === 'TXT') return unquoteText(value, 8)
  return type === 'CNAME' ? withoutDot(value) : value
}

/** Names come with their last dot, and with `\052` for an asterisk. */
const nameOf = (name: string): string =>
  withoutDot(name.replace(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8))))
