export interface NamedOptions {
  /** Of 127.0.0.1: unlike PowerDNS, BIND serves only addresses that an interface has, not all of 127.0.0.0/8. */
  port?: number
  /** Served with authority; `text` is a zone file (RFC 1035 §5), its `$ORIGIN` the zone. The root is `.`. */
  zones?: { name: string; text: string; updates?: TsigKey }[]
  /** Answers questions about everything else by asking others, and validates what its trust anchors cover. */
  recursive?: {
    /** Zone to the server that has it, as `ip:port`. */
    stubs?: Record<string, string>
    /**
     * Root servers of one's own, as `ip:port`; it follows their delegations. Those name no port, so that all servers
     * below have the port of the first root (`freePortAtEach`).
     */
    roots?: string[]
    /** DS records as their parents would have them, such as `12345 13 2 ab12…`. */
    trustAnchors?: { zone: string; ds: string }[]
    /** For how long it remembers at most, whatever a record says; one second unless told. */
    maxCacheSeconds?: number
  }
}

/** Who may change a zone by RFC 2136. */
interface TsigKey {
  keyName: string
  /** Base64. */
  secret: string
  algorithm?: 'hmac-sha256' | 'hmac-sha512'
}

type Recursion = NonNullable<NamedOptions['recursive']>

const hostOf = (server: string): string => server.split(':')[0] ?? ''
const portOf = (server: string): string => server.split(':')[1] ?? ''

/** A zone that every server has, to ask whether it runs. */
export const STARTED_ZONE = 'started.invalid'
const STARTED_TEXT = '$TTL 60\n@ SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 60\n@ NS ns.invalid.\n'

/** The files that the configuration names, but for itself. */
export function namedFiles({ zones = [], recursive }: NamedOptions): Record<string, string> {
  const roots = recursive?.roots ?? []
  const hints = roots.map((root, index) => `. 3600 NS r${index}.root.\nr${index}.root. 3600 A ${hostOf(root)}\n`)
  return {
    started: STARTED_TEXT,
    ...(roots.length === 0 ? {} : { roots: hints.join('') }),
    ...Object.fromEntries(zones.map(({ text }, index) => [`zone-${index}`, text])),
  }
}

/** https://bind9.readthedocs.io/en/v9.18/reference.html; nothing outside the folder is read or written. */
export function namedConfiguration(options: NamedOptions & { folder: string; port: number }): string {
  const { folder, port, zones = [], recursive } = options
  return [
    'options {',
    `directory "${folder}";`,
    `listen-on port ${port} { 127.0.0.1; };`,
    'listen-on-v6 { none; };',
    'pid-file none; lock-file none; session-keyfile none;',
    'allow-query { any; }; notify no; empty-zones-enable no; max-cache-size 16m; servfail-ttl 0; lame-ttl 0;',
    ...(recursive === undefined ? ['recursion no; dnssec-validation no;'] : recursionOptions(recursive)),
    '};',
    // No rndc: it would want a port and a key.
    'controls { };',
    ...keys(zones),
    `zone "${STARTED_ZONE}" { type primary; file "started"; };`,
    ...zones.map(({ name, updates }, index) => zone(name, `zone-${index}`, updates)),
    ...(recursive === undefined ? [] : recursionZones(recursive)),
  ].join('\n')
}

function zone(name: string, file: string, updates?: TsigKey): string {
  const policy = updates === undefined ? '' : `allow-update { key "${updates.keyName}"; };`
  return `zone "${name}" { type primary; file "${file}"; ${policy} };`
}

/** Each once, although several zones may name it. */
function keys(zones: NonNullable<NamedOptions['zones']>): string[] {
  const all = zones.flatMap(({ updates }) => (updates === undefined ? [] : [updates]))
  return [...new Map(all.map((key) => [key.keyName, key])).values()].map(
    ({ keyName, secret, algorithm = 'hmac-sha256' }) =>
      `key "${keyName}" { algorithm ${algorithm}; secret "${secret}"; };`,
  )
}

// Not nothing at all: a resolver that remembers nothing cannot follow delegations.
const recursionOptions = ({ roots: [root] = [], maxCacheSeconds = 1 }: Recursion): string[] => [
  // Where it asks other servers, not where it listens.
  ...(root === undefined ? [] : [`port ${portOf(root)};`]),
  'recursion yes; dnssec-validation yes; qname-minimization off; prefetch 0;',
  `max-cache-ttl ${maxCacheSeconds}; max-ncache-ttl ${maxCacheSeconds};`,
]

function recursionZones({ stubs = {}, roots = [], trustAnchors = [] }: Recursion): string[] {
  const forwards = Object.entries(stubs).map(([name, server]) => {
    const forwarder = `${hostOf(server)} port ${portOf(server)}`
    return `zone "${name}" { type forward; forward only; forwarders { ${forwarder}; }; };`
  })
  const anchors = trustAnchors.map(({ zone: name, ds }) => {
    const [tag, algorithm, digestType, digest] = ds.split(' ')
    return `"${name}." static-ds ${tag} ${algorithm} ${digestType} "${digest}";`
  })
  return [
    ...(roots.length === 0 ? [] : ['zone "." { type hint; file "roots"; };']),
    ...forwards,
    ...(anchors.length === 0 ? [] : [`trust-anchors { ${anchors.join(' ')} };`]),
  ]
}
