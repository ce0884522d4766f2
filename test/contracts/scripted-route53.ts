import { type HostAnswer, type HostRequest, type ScriptedHost, startScriptedHost } from './scripted-dns-hosts.ts'

interface Route53Set {
  /** Absolute, with the last dot. */
  name: string
  type: string
  ttl?: number
  /** As in the XML; empty for an alias. */
  values: string[]
  alias?: string
  /** Weighted sets share name and type. */
  identifier?: string
}

export interface ScriptedRoute53 extends ScriptedHost {
  accessKeyId: string
  sets: Route53Set[]
}

const ACCESS_KEY_ID = 'AKIDEXAMPLE'
const PREFIX = '/2013-04-01'
const NAMESPACE = 'https://route53.amazonaws.com/doc/2013-04-01/'

/**
 * Route 53's API of 2013-04-01 as documented (https://docs.aws.amazon.com/Route53/latest/APIReference/), with one public
 * zone, and a private one of the same name before it. Its client is Amazon's own, which refuses XML that is not as it
 * should be. The signature is checked for its key and scope only. `pageSize` bounds every page.
 */
export async function startScriptedRoute53(zone: string, { pageSize = 300 } = {}): Promise<ScriptedRoute53> {
  const zoneId = 'Z1PA6795UKMFR9'
  const sets: Route53Set[] = []

  function answerTo(request: HostRequest): HostAnswer {
    const { method, query, headers } = request
    const path = request.path.replace(/\/$/, '')
    const scope = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/us-east-1\/route53\/aws4_request, /
    const [, keyId] = scope.exec(headers.authorization ?? '') ?? []
    if (keyId === undefined) return failure(403, 'MissingAuthenticationToken', 'Missing Authentication Token')
    if (keyId !== ACCESS_KEY_ID) {
      return failure(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.')
    }
    if (method === 'GET' && path === `${PREFIX}/hostedzonesbyname`) return listZones(query)
    const [, id] = /^\/2013-04-01\/hostedzone\/([^/]+)\/rrset$/.exec(path) ?? []
    if (id !== zoneId) return failure(404, 'NoSuchHostedZone', `No hosted zone found with ID: ${id}`)
    if (method === 'GET') return listSets(query)
    return method === 'POST' ? change(request.body) : failure(405, 'InvalidAction', 'That action is not valid.')
  }

  /** Zones from the name on, by their labels from the right: the answer need not hold the name itself. */
  function listZones(query: URLSearchParams): HostAnswer {
    const zones = [
      { id: 'ZPRIVATE', name: `${zone}.`, isPrivate: true },
      { id: zoneId, name: `${zone}.`, isPrivate: false },
      { id: 'ZLAST', name: 'zzz.', isPrivate: false },
    ]
    const from = sortKey(query.get('dnsname') ?? '')
    const found = zones.filter(({ name }) => sortKey(name) >= from)
    const xml = found.map(
      ({ id, name, isPrivate }) =>
        `<HostedZone><Id>/hostedzone/${id}</Id><Name>${name}</Name><CallerReference>${id}</CallerReference>` +
        `<Config><PrivateZone>${isPrivate}</PrivateZone></Config><ResourceRecordSetCount>2</ResourceRecordSetCount>` +
        '</HostedZone>',
    )
    const rest = '<IsTruncated>false</IsTruncated><MaxItems>100</MaxItems>'
    return success('ListHostedZonesByName', `<HostedZones>${xml.join('')}</HostedZones>${rest}`)
  }

  function listSets(query: URLSearchParams): HostAnswer {
    const keyOf = (name: string, type: string, identifier: string) => `${sortKey(name)} ${type} ${identifier}`
    const from = keyOf(query.get('name') ?? '', query.get('type') ?? '', query.get('identifier') ?? '')
    const all = sets
      .map((set) => ({ set, key: keyOf(set.name, set.type, set.identifier ?? '') }))
      .filter(({ key }) => key >= from)
      .sort((one, other) => (one.key < other.key ? -1 : 1))
    const next = all[pageSize]?.set
    const xml = all.slice(0, pageSize).map(({ set }) => shown(set))
    const rest =
      next === undefined
        ? '<IsTruncated>false</IsTruncated>'
        : `<IsTruncated>true</IsTruncated><NextRecordName>${starless(next.name)}</NextRecordName>` +
          `<NextRecordType>${next.type}</NextRecordType>${identifierOf(next, 'NextRecordIdentifier')}`
    const list = `<ResourceRecordSets>${xml.join('')}</ResourceRecordSets>${rest}<MaxItems>${pageSize}</MaxItems>`
    return success('ListResourceRecordSets', list)
  }

  /** All or nothing. */
  function change(body: string): HostAnswer {
    if (!body.includes(`<ChangeResourceRecordSetsRequest xmlns="${NAMESPACE}">`)) {
      return failure(400, 'MalformedInput', 'Could not parse XML')
    }
    const after = [...sets]
    for (const [, xml = ''] of body.matchAll(/<Change>(.*?)<\/Change>/gs)) {
      const complaint = apply(after, elementIn(xml, 'Action') ?? '', parseSet(xml))
      if (complaint !== null) return failure(400, 'InvalidChangeBatch', `[${complaint}]`)
    }
    sets.splice(0, sets.length, ...after)
    const info =
      '<Id>/change/C1PA6795UKMFR9</Id><Status>PENDING</Status><SubmittedAt>2026-11-21T01:36:41.958Z</SubmittedAt>'
    return success('ChangeResourceRecordSets', `<ChangeInfo>${info}</ChangeInfo>`)
  }

  function apply(after: Route53Set[], action: string, set: Route53Set): string | null {
    const label = `resource record set [name='${set.name}', type='${set.type}']`
    const index = after.findIndex((one) => isSameSet(one, set))
    if (action === 'DELETE') {
      if (index === -1) return `Tried to delete ${label} but it was not found`
      if (shown(after[index] ?? set) !== shown(set)) {
        return `Tried to delete ${label} but the values provided do not match the current values`
      }
      after.splice(index, 1)
      return null
    }
    if (action !== 'UPSERT') return `Invalid action ${action}`
    const complaint = complaintAbout(set, zone)
    if (complaint !== null) return complaint
    const beside = after.filter((one) => one.name === set.name && one.type !== set.type)
    if (beside.some(({ type }) => type === 'CNAME' || set.type === 'CNAME')) {
      return `RRSet of type ${set.type} with DNS name ${set.name} is not permitted because a conflicting RRSet of type ${beside[0]?.type} with the same DNS name already exists in zone ${zone}.`
    }
    after.splice(index === -1 ? after.length : index, index === -1 ? 0 : 1, set)
    return null
  }

  return { ...(await startScriptedHost(answerTo)), accessKeyId: ACCESS_KEY_ID, sets }
}

/** https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html */
function complaintAbout({ name, type, ttl, values }: Route53Set, zone: string): string | null {
  if (name !== `${zone}.` && !name.endsWith(`.${zone}.`)) {
    return `RRSet with DNS name ${name} is not permitted in zone ${zone}.`
  }
  if (ttl === undefined || values.length === 0) return `Missing field 'TTL' or 'ResourceRecords' for ${name}`
  if (new Set(values).size !== values.length) return 'Duplicate Resource Record'
  if (type === 'CNAME' && values.length > 1) return `CNAME record set ${name} has more than one value`
  if (
    type === 'TXT' &&
    values.some(
      (value) =>
        !/^"(?:[^"\\]|\\["\\]|\\[0-3][0-7]{2}){0,255}"(?: "(?:[^"\\]|\\["\\]|\\[0-3][0-7]{2}){0,255}")*$/.test(value),
    )
  ) {
    return `Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should be enclosed in quotation marks)'`
  }
  return null
}

function parseSet(xml: string): Route53Set {
  const [ttl, identifier] = [elementIn(xml, 'TTL'), elementIn(xml, 'SetIdentifier')]
  const values = [...xml.matchAll(/<ResourceRecord><Value>(.*?)<\/Value><\/ResourceRecord>/gs)]
  return {
    name: (elementIn(xml, 'Name') ?? '').replace('\\052', '*'),
    type: elementIn(xml, 'Type') ?? '',
    values: values.map(([, value = '']) => unescapeXml(value)),
    ...(ttl === null ? {} : { ttl: Number(ttl) }),
    ...(identifier === null ? {} : { identifier }),
  }
}

const elementIn = (xml: string, name: string): string | null =>
  new RegExp(`<${name}>(.*?)</${name}>`).exec(xml)?.[1] ?? null

const isSameSet = (one: Route53Set, other: Route53Set): boolean =>
  one.name === other.name && one.type === other.type && one.identifier === other.identifier

function shown(set: Route53Set): string {
  const { name, type, ttl, values, alias } = set
  const records = values.map((value) => `<ResourceRecord><Value>${escapeXml(value)}</Value></ResourceRecord>`).join('')
  const target =
    alias === undefined
      ? `<TTL>${ttl}</TTL><ResourceRecords>${records}</ResourceRecords>`
      : `<AliasTarget><HostedZoneId>Z35SXDOTRQ7X7K</HostedZoneId><DNSName>${alias}</DNSName>` +
        '<EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget>'
  const weight = set.identifier === undefined ? '' : `${identifierOf(set, 'SetIdentifier')}<Weight>1</Weight>`
  return `<ResourceRecordSet><Name>${starless(name)}</Name><Type>${type}</Type>${weight}${target}</ResourceRecordSet>`
}

const identifierOf = ({ identifier }: Route53Set, element: string): string =>
  identifier === undefined ? '' : `<${element}>${identifier}</${element}>`

/** Answers write an asterisk as an escape. */
const starless = (name: string): string => name.replace('*', '\\052')

/** Sets and zones are sorted by their labels from the right. */
const sortKey = (name: string): string => name.replace('\\052', '*').replace(/\.$/, '').split('.').reverse().join('.')

const ENTITIES = [
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
] as const
const escapeXml = (text: string): string =>
  ENTITIES.reduce((out, [plain, entity]) => out.replaceAll(plain, entity), text)
const unescapeXml = (text: string): string =>
  ENTITIES.toReversed().reduce((out, [plain, entity]) => out.replaceAll(entity, plain), text)

const success = (name: string, content: string): HostAnswer => ({
  status: 200,
  body: `<?xml version="1.0"?>\n<${name}Response xmlns="${NAMESPACE}">${content}</${name}Response>`,
})

export const failure = (status: number, code: string, message: string): HostAnswer => ({
  status,
  body:
    `<?xml version="1.0"?>\n<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>${code}</Code>` +
    `<Message>${escapeXml(message)}</Message></Error><RequestId>7a8b9c</RequestId></ErrorResponse>`,
})
