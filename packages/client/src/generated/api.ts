// Generated from the schemas of the API's routes: npm run docs

export type AccountForecast = {
  name: string
  /** Launches that can be placed at once; null: as many as there are. */
  left: number | null
  /** How many can go within the horizon; null: as many as there are. */
  launches: number | null
  /** When one that is placed now would go; null: when somebody has acted first. */
  goes_at: string | null
}

export type ApiKey = {
  id: string
  name: string
  role: 'viewer' | 'operator' | 'admin'
  tenant: string | null
  created_at: string
  created_by: string
  expires_at: string | null
  /** To the minute. */
  last_used_at: string | null
  revoked_at: string | null
}

export type Attempt = {
  id: string
  step: string
  worker: string
  started_at: string
  finished_at: string | null
  outcome: 'running' | 'done' | 'wait' | 'retry' | 'failed' | 'superseded' | 'lost'
  code: string | null
  detail: string | null
  /** Of a step that has ended and was traced. */
  trace_id: string | null
}

export type AuditEntry = {
  id: string
  at: string
  tenant: string
  /** Its number in the chain of its tenant; null until it is sealed, a second or so. */
  seq: number | null
  actor: {
    kind: 'key' | 'user' | 'unknown'
    id: string
    /** Null once it was erased; to a tenant, also of the platform’s own people. */
    name: string | null
  }
  /** Such as `domains.suspend`. */
  action: string
  outcome: 'done' | 'refused'
  subject: string | null
  /** Null of what was made, and of what has no state to show. */
  before: unknown
  after: unknown
  /** What the caller gave as `X-Reason`. */
  why: string | null
  request_id: string | null
  hash: string | null
}

export type AuditVerdict = {
  tenant: string
  entries: number
  ok: boolean
  /** The first number that is not as it was written. */
  broken_at: number | null
}

export type Authority = {
  name: string
  /** With all accounts together. */
  launches: number | null
  /** When one that is placed now would go; null: when somebody has acted first. */
  goes_at: string | null
  accounts: AccountForecast[]
  limits: AuthorityLimit[]
  /** Those that are not full, or that something keeps closed. */
  buckets: Bucket[]
}

export type AuthorityLimit = {
  bucket: 'new_orders' | 'certificates_of_domain' | 'exact_set' | 'failed_validations'
  burst: number
  /** How long one token takes to come back. */
  refill_seconds: number
  /** How many of the burst launches may take; null: they are not counted. */
  launches: number | null
  /** How many of the burst renewals may take; null: they are not counted. */
  renewals: number | null
}

export type Bucket = {
  bucket: 'new_orders' | 'certificates_of_domain' | 'exact_set' | 'failed_validations'
  /** The account, the registered domain, or the name. */
  key: string
  /** Null: nothing is known but what the authority said. */
  limit: AuthorityLimit | null
  /** Tokens that the authority took and has not given back. */
  used: number
  /** Tokens that orders under way will take. */
  reserved: number
  left: {
    launches: number | null
    renewals: number | null
  }
  blocked_until: string | null
  /** Where somebody has to act before the authority serves this again. */
  unpause_url: string | null
  /** Failed validations in a row. */
  failures: number
  /** The last turn that was given to an order that has to wait. */
  waiting_until: string | null
  launches: {
    /** How many can go within the horizon; null: as many as there are. */
    orders: number | null
    /** When one that is placed now would go; null: when somebody has acted first. */
    goes_at: string | null
  }
  renewals: {
    /** How many can go within the horizon; null: as many as there are. */
    orders: number | null
    /** When one that is placed now would go; null: when somebody has acted first. */
    goes_at: string | null
  }
}

export type BulkAnswer = {
  matched: number
  applied: number
  /** What matched and was left as it is. `CHANGED`: it does not match any more. */
  skipped: {
    code: 'WRONG_STATE' | 'CHANGED' | 'MESSAGE_NOT_READABLE'
    count: number
  }[]
}

export type BulkDomainsInput = {
  action: 'check' | 'retry' | 'suspend' | 'resume' | 'renew' | 'delete' | 'cancel'
  /** As in the list. */
  filter: {
    state?:
      | 'pending'
      | 'verifying'
      | 'verified'
      | 'provisioning_cert'
      | 'active'
      | 'suspended'
      | 'deprovisioning'
      | 'deprovisioned'
      | 'failed'
      | undefined
    reason?:
      | 'DNS_RECORD_MISSING'
      | 'DNS_RECORD_MISMATCH'
      | 'DNS_TXT_MISSING'
      | 'DNS_TXT_MISMATCH'
      | 'DNS_DOUBLED_LABEL'
      | 'DNS_STRAY_AAAA'
      | 'DNS_STRAY_A'
      | 'DNS_PROXIED'
      | 'DNS_DNSSEC_BOGUS'
      | 'DNS_NXDOMAIN'
      | 'DNS_CNAME_LOOP'
      | 'DNS_SERVFAIL'
      | 'DNS_TIMEOUT'
      | 'DNS_DISAGREEMENT'
      | 'DNS_CHALLENGE_PENDING'
      | 'DNS_DANGLING'
      | 'DNS_PROVIDER_REFUSED'
      | 'DNS_PROVIDER_UNAVAILABLE'
      | 'DNS_RECORD_FOREIGN'
      | 'DNS_ZONE_UNMANAGED'
      | 'HTTP_UNREACHABLE'
      | 'HTTP_WRONG_ANSWER'
      | 'HOSTNAME_TAKEN'
      | 'OWNERSHIP_CONSENT_NEEDED'
      | 'OWNERSHIP_TOKEN_EXPIRED'
      | 'OWNERSHIP_ROTATING'
      | 'OWNERSHIP_LOST'
      | 'CAA_FORBIDS'
      | 'RATE_LIMIT_BUDGET'
      | 'CA_RATE_LIMITED'
      | 'CA_PAUSED'
      | 'CA_REJECTED'
      | 'CA_UNAVAILABLE'
      | 'CA_PROCESSING'
      | 'CA_VALIDATION_FAILED'
      | 'CERT_MISMATCH'
      | 'CERT_EXPIRING'
      | 'CERT_NEEDED'
      | 'CERT_NOT_SERVED'
      | 'EDGE_PENDING'
      | 'EDGE_REJECTED_CONFIG'
      | 'EDGE_UNREACHABLE'
      | 'SUSPENDED_BY_OPERATOR'
      | 'OFFBOARDING_GRACE'
      | 'INTERNAL'
      | undefined
    actor?: 'customer' | 'platform' | 'operator' | 'ca' | 'nobody' | undefined
    tenant?: string | undefined
    /** The service that the target names. Not for a tenant’s key. */
    service?: string | undefined
    /** Part of a hostname; one or two letters are what it begins with. */
    q?: string | undefined
    /** Of the certificate in use. Then those whose certificates end first come first. */
    expires_before?: string | undefined
  }
  /** Changes nothing: the answer says what would be. */
  dry_run?: boolean | undefined
}

export type BulkJobsInput = {
  action: 'retry' | 'check' | 'cancel' | 'replay' | 'discard'
  /** As in the list. */
  filter: {
    kind?: 'due' | 'running' | 'waiting' | 'failed' | 'dead' | undefined
    /** Part of a hostname, or of the name of a dead letter’s queue; one or two letters are what it begins with. */
    q?: string | undefined
    lane?: 'interactive' | 'renewal' | 'normal' | undefined
    tenant?: string | undefined
    /** Who holds it, or held it last. */
    worker?: string | undefined
    step?:
      | 'accept'
      | 'verify_ownership'
      | 'verify_routing'
      | 'settle'
      | 'order_certificate'
      | 'validate_order'
      | 'finalize_order'
      | 'publish_route'
      | 'confirm_route'
      | 'confirm_change'
      | 'reverify'
      | 'plan_renewal'
      | 'order_renewal'
      | 'validate_renewal'
      | 'finalize_renewal'
      | 'publish_renewal'
      | 'confirm_renewal'
      | 'publish_holding'
      | 'confirm_holding'
      | 'await_return'
      | 'republish_route'
      | 'confirm_return'
      | 'hand_over'
      | 'withdraw_route'
      | 'confirm_withdrawal'
      | 'remove_records'
      | 'sit_out_grace'
      | 'revoke_certificate'
      | 'release'
      | 'watch_dangling'
      | undefined
    /** The code of its reason, or of what is wrong with a dead letter. */
    reason?: string | undefined
  }
  /** Changes nothing: the answer says what would be. */
  dry_run?: boolean | undefined
}

export type CertificateStatus = {
  status: 'none' | 'ordering' | 'issued' | 'superseded' | 'parked' | 'revoked'
  issuer: string | null
  serial: string | null
  not_after: string | null
  renew_at: string | null
  rate_limited_until: string | null
}

export type Check = {
  id:
    | 'zone'
    | 'dnssec'
    | 'ownership'
    | 'routing'
    | 'resolvers'
    | 'caa'
    | 'certificate'
    | 'challenge_path_ipv6'
    | 'challenge_path_ipv4'
  /** `unknown`: nothing could be found out. `skipped`: there was nothing to compare with. */
  status: 'ok' | 'problem' | 'unknown' | 'skipped'
  /** Who must act and how, or why nothing is known. */
  reason: Reason | null
  /** What was found, in a few words. */
  detail: string
}

export type ConsentInput = {
  tenant: string
}

export type Contact = {
  tenant: string
  /** Null: for all domains of the tenant without a contact of their own. */
  domain_id: string | null
  email: string
  locale: string
  /** What the customer wants no mails about. */
  unsubscribed: (
    | 'records_to_add'
    | 'records_still_missing'
    | 'rotation'
    | 'proof_lost'
    | 'certificate_trouble'
    | 'leaving'
    | 'left'
  )[]
  created_at: string
}

export type Diagnosis = {
  hostname: string
  checked_at: string
  /** Everything that could be asked is well, and nothing that matters could not be. */
  ok: boolean
  /** The first thing to act on. */
  reason: Reason | null
  /** The zone that the name lies in; null when it cannot be found. */
  zone: ZoneFacts | null
  /** Who hosts the zone, where its name servers tell. */
  dns_host: DnsHost | null
  /** In the order in which it is best mended. */
  checks: Check[]
  /** What is required beside what was found just now. */
  records: {
    type: 'TXT' | 'CNAME' | 'A' | 'AAAA'
    name: string
    value: string
    purpose: 'ownership' | 'routing' | 'certificate'
    status: 'ok' | 'missing' | 'mismatch' | 'unknown'
    observed: string[]
  }[]
  /** What a layman does, one after the other; empty when all is well. */
  next_steps: NextStep[]
}

export type DnsHost = {
  name: string
  /** Where its customers sign in. */
  url: string
  /** What to click there, in order. */
  path: string
  /** What its field for the host takes: the part before the zone, or the whole name. */
  host_field: 'relative' | 'full'
}

export type DnsRecord = {
  type: 'TXT' | 'CNAME' | 'A' | 'AAAA'
  name: string
  value: string
  purpose: 'ownership' | 'routing' | 'certificate'
  status: 'ok' | 'missing' | 'mismatch' | 'unknown'
  observed: string[]
  checked_at: string | null
  /** Of the record with the token before: until then it is good as well. */
  accepted_until: string | null
}

export type DnsZone =
  | {
      provider: 'powerdns'
      /** Of the HTTP API, such as http://10.0.0.2:8081. */
      url: string
      server_id: string
      id: string
      name: string
      /** Who may use it; null for every tenant. */
      tenant: string | null
      created_at: string
    }
  | {
      provider: 'rfc2136'
      /** The primary that takes updates (RFC 2136). */
      server: string
      /** Name of the TSIG key (RFC 8945). */
      key_name: string
      algorithm: 'hmac-sha256' | 'hmac-sha512'
      id: string
      name: string
      /** Who may use it; null for every tenant. */
      tenant: string | null
      created_at: string
    }
  | {
      provider: 'cloudflare'
      id: string
      name: string
      /** Who may use it; null for every tenant. */
      tenant: string | null
      created_at: string
    }
  | {
      provider: 'route53'
      id: string
      name: string
      /** Who may use it; null for every tenant. */
      tenant: string | null
      created_at: string
    }
  | {
      provider: 'digitalocean'
      id: string
      name: string
      /** Who may use it; null for every tenant. */
      tenant: string | null
      created_at: string
    }

export type Domain = {
  id: string
  hostname: string
  tenant: string
  state:
    | 'pending'
    | 'verifying'
    | 'verified'
    | 'provisioning_cert'
    | 'active'
    | 'suspended'
    | 'deprovisioning'
    | 'deprovisioned'
    | 'failed'
  /** The step that runs next, or that failed. */
  step:
    | 'accept'
    | 'verify_ownership'
    | 'verify_routing'
    | 'settle'
    | 'order_certificate'
    | 'validate_order'
    | 'finalize_order'
    | 'publish_route'
    | 'confirm_route'
    | 'confirm_change'
    | 'reverify'
    | 'plan_renewal'
    | 'order_renewal'
    | 'validate_renewal'
    | 'finalize_renewal'
    | 'publish_renewal'
    | 'confirm_renewal'
    | 'publish_holding'
    | 'confirm_holding'
    | 'await_return'
    | 'republish_route'
    | 'confirm_return'
    | 'hand_over'
    | 'withdraw_route'
    | 'confirm_withdrawal'
    | 'remove_records'
    | 'sit_out_grace'
    | 'revoke_certificate'
    | 'release'
    | 'watch_dangling'
  reason: Reason | null
  attempt: number
  next_check_at: string | null
  target: Target
  verification: Verification
  /** Whether this claim holds the hostname: of all that proved it, it was the last. */
  holds: boolean
  tls: {
    mode: 'auto' | 'off' | 'imported'
    /** Managed names below this wildcard use its certificate. */
    shared?: boolean | undefined
  }
  edge_pool: string
  vhost: 'dedicated'
  priority: 'interactive' | 'renewal' | 'normal'
  /** What suspended the domain: the loss of its proof, or a person. */
  suspension: ('ownership' | 'operator') | null
  /** Tenants that may have names below this one without a proof of their own. */
  consents: string[]
  dns: {
    /** Of the managed zone that the name lies in. */
    provider: ('powerdns' | 'rfc2136' | 'cloudflare' | 'route53' | 'digitalocean') | null
    records: DnsRecord[]
  }
  certificate: CertificateStatus
  edges: DomainEdges
  metadata: { [name: string]: unknown }
  created_at: string
  updated_at: string
  activated_at: string | null
  /** Whether the certificate is revoked once the domain has left. */
  revoke: boolean
  delete_after: string | null
}

export type DomainChangeInput = {
  target?:
    | {
        type: 'proxy'
        /** Scheme, host and port of a public server. */
        url?: string | undefined
        /** In place of `url`: the name of a service of the platform. */
        service?: string | undefined
      }
    | {
        type: 'redirect'
        /** Where every request is sent, path and all. */
        url: string
        status?: 301 | 302 | 307 | 308 | undefined
      }
    | {
        type: 'none'
      }
    | undefined
  /** A plain JSON object of at most 16 kB, shown back as it came. */
  metadata?: { [name: string]: unknown } | undefined
}

export type DomainEdges = {
  generation: number | null
  proved: number
  live: number
  /** Live edges that do not serve the present route yet. */
  pending: string[]
  /** Edges without a heartbeat that do not serve it yet. */
  silent: string[]
  rejected: {
    edge: string
    detail: string
  }[]
}

export type DomainEvent = {
  id: string
  at: string
  type: string
  actor: string
  data: { [name: string]: unknown }
}

export type DomainImportInput = unknown[]

export type Edge = {
  id: string
  name: string
  pool: string
  live: boolean
  registered_at: string
  last_seen_at: string | null
  generation: number
  server: string | null
  /** Since when nobody waits for it. */
  quarantined_at: string | null
}

export type ImportVerdict = {
  /** From 1. */
  line: number
  /** As the status of `POST /v1/domains` would be. */
  status: number
  /** Of the domain, or of the one in its way. */
  id: string | null
  hostname: string | null
  code:
    | (
        | 'BAD_REQUEST'
        | 'UNAUTHORIZED'
        | 'FORBIDDEN'
        | 'ORIGIN_REFUSED'
        | 'NOT_FOUND'
        | 'METHOD_NOT_ALLOWED'
        | 'CONFLICT'
        | 'HOSTNAME_EXISTS'
        | 'IDEMPOTENCY_IN_FLIGHT'
        | 'ZONE_EXISTS'
        | 'ZONE_IN_USE'
        | 'SERVICE_IN_USE'
        | 'WRONG_STATE'
        | 'PRECONDITION_FAILED'
        | 'PAYLOAD_TOO_LARGE'
        | 'UNSUPPORTED_MEDIA_TYPE'
        | 'IDEMPOTENCY_MISMATCH'
        | 'INVALID'
        | 'TOO_MANY_REQUESTS'
        | 'RATE_LIMITED'
        | 'INTERNAL'
        | 'DATABASE_UNAVAILABLE'
        | 'BROKER_UNAVAILABLE'
        | 'DEPENDENCY_UNAVAILABLE'
        | 'STALE_LEASE'
      )
    | null
  errors?:
    | {
        path: string
        code: string
        message: string
      }[]
    | undefined
}

export type Job = {
  kind: 'due' | 'running' | 'waiting' | 'failed' | 'dead'
  /** Null for a dead letter. */
  domain_id: string | null
  /** The name of the queue for a dead letter. */
  hostname: string
  tenant: string | null
  state: string | null
  step: string | null
  lane: string | null
  attempt: number | null
  worker: string | null
  reason: Reason | null
  /** What is wrong with a message that nobody could take. */
  dead_letter: {
    code: string
    detail: string
    excerpt: string
    bytes: number
  } | null
  /** When it became due, was claimed, is due next, failed or died, by kind. */
  at: string
}

export type JobCounts = { [name: string]: number }

export type Limits = {
  at: string
  /** The end of what is forecast. */
  until: string
  /** The preferred one first; others are asked while it is down. */
  authorities: Authority[]
}

export type ListedCertificate = {
  id: string
  domain_id: string
  hostname: string
  /** The account at the authority that issued it, or `imported`. */
  issuer: string
  status: 'issued' | 'superseded' | 'parked' | 'revoked'
  serial: string
  not_before: string
  not_after: string
  /** When it is renewed; of an imported one, when its customer is told. */
  renew_at: string
  /** Of a renewal whose time has come; null before that. */
  urgency: ('due' | 'late' | 'urgent' | 'expired') | null
  /** What holds up the renewal. */
  reason: Reason | null
}

export type MadeApiKey = {
  id: string
  name: string
  role: 'viewer' | 'operator' | 'admin'
  tenant: string | null
  created_at: string
  created_by: string
  expires_at: string | null
  /** To the minute. */
  last_used_at: string | null
  revoked_at: string | null
  /** Shown this once. */
  key: string
}

export type MadeWebhook = {
  id: string
  /** An https:// address. */
  url: string
  /** Whose domains it hears of; null hears of all. */
  tenant: string | null
  /** Null for all. */
  types:
    | (
        | 'domain.created'
        | 'domain.action_required'
        | 'domain.verified'
        | 'domain.certificate_issued'
        | 'domain.active'
        | 'domain.suspended'
        | 'domain.resumed'
        | 'domain.moved'
        | 'domain.deprovisioned'
        | 'domain.failed'
        | 'ownership.rotation_started'
        | 'ownership.lost'
        | 'certificate.renewed'
        | 'certificate.renewal_failed'
      )[]
    | null
  description: string
  enabled: boolean
  disabled_at: string | null
  /** `gone`: it answered 410. What happens meanwhile waits for it, for 30 days. */
  disabled_because: ('gone' | 'operator') | null
  /** Until then the secret before signs as well. */
  previous_secret_until: string | null
  created_at: string
  created_by: string
  updated_at: string
  /** For the signature of Standard Webhooks. Shown this once. */
  secret: string
}

export type NewApiKeyInput = {
  name: string
  role: 'viewer' | 'operator' | 'admin'
  /** Whose domains it sees, and nothing of the platform’s; without it, all. */
  tenant?: string | undefined
  expires_at?: string | undefined
}

export type NewContactInput = {
  email: string
  locale?: string | undefined
}

export type NewDnsZoneInput =
  | {
      provider: 'powerdns'
      /** Of the HTTP API, such as http://10.0.0.2:8081. */
      url: string
      server_id?: string | undefined
      credentials: {
        api_key: string
      }
      /** The zone’s apex, such as apps.example.com. */
      name: string
      /** Who may use it; without it, every tenant. */
      tenant?: string | undefined
    }
  | {
      provider: 'rfc2136'
      /** The primary that takes updates (RFC 2136). */
      server: string
      /** Name of the TSIG key (RFC 8945). */
      key_name: string
      algorithm?: 'hmac-sha256' | 'hmac-sha512' | undefined
      credentials: {
        secret: string
      }
      /** The zone’s apex, such as apps.example.com. */
      name: string
      /** Who may use it; without it, every tenant. */
      tenant?: string | undefined
    }
  | {
      provider: 'cloudflare'
      credentials: {
        api_token: string
      }
      /** The zone’s apex, such as apps.example.com. */
      name: string
      /** Who may use it; without it, every tenant. */
      tenant?: string | undefined
    }
  | {
      provider: 'route53'
      credentials: {
        access_key_id: string
        secret_access_key: string
      }
      /** The zone’s apex, such as apps.example.com. */
      name: string
      /** Who may use it; without it, every tenant. */
      tenant?: string | undefined
    }
  | {
      provider: 'digitalocean'
      credentials: {
        token: string
      }
      /** The zone’s apex, such as apps.example.com. */
      name: string
      /** Who may use it; without it, every tenant. */
      tenant?: string | undefined
    }

export type NewSessionInput = {
  email?: string | undefined
  password?: string | undefined
  /** An API key, in place of address and password. */
  key?: string | undefined
}

export type NewSilenceInput = {
  /** Without it, any code. */
  code?:
    | (
        | 'DNS_RECORD_MISSING'
        | 'DNS_RECORD_MISMATCH'
        | 'DNS_TXT_MISSING'
        | 'DNS_TXT_MISMATCH'
        | 'DNS_DOUBLED_LABEL'
        | 'DNS_STRAY_AAAA'
        | 'DNS_STRAY_A'
        | 'DNS_PROXIED'
        | 'DNS_DNSSEC_BOGUS'
        | 'DNS_NXDOMAIN'
        | 'DNS_CNAME_LOOP'
        | 'DNS_SERVFAIL'
        | 'DNS_TIMEOUT'
        | 'DNS_DISAGREEMENT'
        | 'DNS_CHALLENGE_PENDING'
        | 'DNS_DANGLING'
        | 'DNS_PROVIDER_REFUSED'
        | 'DNS_PROVIDER_UNAVAILABLE'
        | 'DNS_RECORD_FOREIGN'
        | 'DNS_ZONE_UNMANAGED'
        | 'HTTP_UNREACHABLE'
        | 'HTTP_WRONG_ANSWER'
        | 'HOSTNAME_TAKEN'
        | 'OWNERSHIP_CONSENT_NEEDED'
        | 'OWNERSHIP_TOKEN_EXPIRED'
        | 'OWNERSHIP_ROTATING'
        | 'OWNERSHIP_LOST'
        | 'CAA_FORBIDS'
        | 'RATE_LIMIT_BUDGET'
        | 'CA_RATE_LIMITED'
        | 'CA_PAUSED'
        | 'CA_REJECTED'
        | 'CA_UNAVAILABLE'
        | 'CA_PROCESSING'
        | 'CA_VALIDATION_FAILED'
        | 'CERT_MISMATCH'
        | 'CERT_EXPIRING'
        | 'CERT_NEEDED'
        | 'CERT_NOT_SERVED'
        | 'EDGE_PENDING'
        | 'EDGE_REJECTED_CONFIG'
        | 'EDGE_UNREACHABLE'
        | 'SUSPENDED_BY_OPERATOR'
        | 'OFFBOARDING_GRACE'
        | 'INTERNAL'
      )
    | null
    | undefined
  /** Without it, any tenant, and what is about none. */
  tenant?: string | null | undefined
  /** At most 90 days from now. */
  until: string
  why: string
}

export type NewUserInput = {
  email: string
  name: string
  role: 'viewer' | 'operator' | 'admin'
  password: string
}

export type NewWebhookInput = {
  /** An https:// address. */
  url: string
  tenant?: string | null | undefined
  /** Null for all. */
  types?:
    | (
        | 'domain.created'
        | 'domain.action_required'
        | 'domain.verified'
        | 'domain.certificate_issued'
        | 'domain.active'
        | 'domain.suspended'
        | 'domain.resumed'
        | 'domain.moved'
        | 'domain.deprovisioned'
        | 'domain.failed'
        | 'ownership.rotation_started'
        | 'ownership.lost'
        | 'certificate.renewed'
        | 'certificate.renewal_failed'
      )[]
    | null
    | undefined
  description?: string | undefined
}

export type NextStep = {
  text: string
  /** What to type, field by field; empty when the text says it all. */
  fields: {
    label: 'Type' | 'Host' | 'Value'
    value: string
  }[]
}

export type Notification = {
  id: string
  at: string
  /** A digest counts the domains that came after the first one; a trouble that lasts is escalated. */
  kind: 'first' | 'digest' | 'recovered' | 'escalated'
  code: string
  /** What is counted together: the code, with the tenant, the authority or the edge. */
  group: string
  tenant: string | null
  /** Domains that it tells of. */
  count: number
  text: string
  /** Why it has not gone out: a silence, or a channel that had enough and gets it with its next message. */
  held: ('silenced' | 'capped') | null
  deliveries: {
    channel: string
    status: 'pending' | 'sent' | 'failed'
    attempt: number
    error: string | null
    at: string | null
  }[]
}

export type Overview = {
  /** At most two seconds ago. */
  as_of: string
  domains: {
    by_state: { [name: string]: number }
    total: number
  }
  launches: {
    /** The last 60 minutes, the oldest first. `failed`: what stands failed since then. */
    per_minute: {
      minute: string
      started: number
      activated: number
      failed: number
    }[]
  }
  time_to_active: {
    window_minutes: number
    count: number
    p50_seconds: number | null
    p95_seconds: number | null
  }
  oldest_due: {
    domain_id: string
    hostname: string
    seconds: number
  } | null
  /** Why domains wait or failed, the most frequent first. */
  troubles: {
    code: string
    actor: string
    count: number
  }[]
  /** Each counted up to 100,000. */
  jobs: { [name: string]: number }
  /** In use, the emptiest of each kind first. */
  budgets: {
    ca: string
    bucket: 'new_orders' | 'certificates_of_domain' | 'exact_set' | 'failed_validations'
    key: string
    used: number
    /** Null where the limit is not known. */
    capacity: number | null
    /** When nothing of it is used any more. */
    full_at: string | null
    blocked_until: string | null
  }[]
  authorities: {
    ca: string
    down_since: string | null
  }[]
  certificates: {
    /** Counted within the last two minutes. */
    by_days_left: {
      from: number | null
      to: number | null
      count: number
    }[]
    failing_renewals: number
  }
  /** Empty while the broker cannot be asked. */
  queues: {
    name: string
    messages: number
    consumers: number
  }[]
  workers: {
    live: number
    slots: number
    busy: number
  }
  edges: {
    live: number
    silent: number
    /** Live, without proof of what their pool is at. */
    behind: number
    quarantined: number
  }
}

export type OwnCertificateInput = {
  /** PEM: the name’s own certificate first, each followed by the one that issued it. */
  chain_pem: string
  /** PEM, not encrypted: RSA of 2048 to 4096 bits, or ECDSA on P-256 or P-384. */
  key_pem: string
}

export type Reason = {
  code:
    | 'DNS_RECORD_MISSING'
    | 'DNS_RECORD_MISMATCH'
    | 'DNS_TXT_MISSING'
    | 'DNS_TXT_MISMATCH'
    | 'DNS_DOUBLED_LABEL'
    | 'DNS_STRAY_AAAA'
    | 'DNS_STRAY_A'
    | 'DNS_PROXIED'
    | 'DNS_DNSSEC_BOGUS'
    | 'DNS_NXDOMAIN'
    | 'DNS_CNAME_LOOP'
    | 'DNS_SERVFAIL'
    | 'DNS_TIMEOUT'
    | 'DNS_DISAGREEMENT'
    | 'DNS_CHALLENGE_PENDING'
    | 'DNS_DANGLING'
    | 'DNS_PROVIDER_REFUSED'
    | 'DNS_PROVIDER_UNAVAILABLE'
    | 'DNS_RECORD_FOREIGN'
    | 'DNS_ZONE_UNMANAGED'
    | 'HTTP_UNREACHABLE'
    | 'HTTP_WRONG_ANSWER'
    | 'HOSTNAME_TAKEN'
    | 'OWNERSHIP_CONSENT_NEEDED'
    | 'OWNERSHIP_TOKEN_EXPIRED'
    | 'OWNERSHIP_ROTATING'
    | 'OWNERSHIP_LOST'
    | 'CAA_FORBIDS'
    | 'RATE_LIMIT_BUDGET'
    | 'CA_RATE_LIMITED'
    | 'CA_PAUSED'
    | 'CA_REJECTED'
    | 'CA_UNAVAILABLE'
    | 'CA_PROCESSING'
    | 'CA_VALIDATION_FAILED'
    | 'CERT_MISMATCH'
    | 'CERT_EXPIRING'
    | 'CERT_NEEDED'
    | 'CERT_NOT_SERVED'
    | 'EDGE_PENDING'
    | 'EDGE_REJECTED_CONFIG'
    | 'EDGE_UNREACHABLE'
    | 'SUSPENDED_BY_OPERATOR'
    | 'OFFBOARDING_GRACE'
    | 'INTERNAL'
  /** Names the record, what was found, and what to do. */
  message: string
  /** Who must act. */
  actor: 'customer' | 'platform' | 'operator' | 'ca' | 'nobody'
  expected?: string[] | undefined
  observed?: string[] | undefined
}

export type RecordPlan = {
  zone: {
    id: string
    name: string
    provider: 'powerdns' | 'rfc2136' | 'cloudflare' | 'route53' | 'digitalocean'
  }
  /** The plan in words, one line for each change and each conflict. */
  lines: string[]
  /** In the order in which they are made. */
  changes: {
    kind: 'create' | 'keep' | 'update' | 'delete'
    set: RecordSet
    /** What stands there now, for `update`. */
    before: RecordSet | null
  }[]
  /** Records that Mooring did not write and will not touch: nothing is written while there are any. */
  conflicts: {
    name: string
    type: 'A' | 'AAAA' | 'CNAME' | 'TXT'
    values: string[]
    explanation: string
  }[]
}

export type RecordSet = {
  name: string
  type: 'A' | 'AAAA' | 'CNAME' | 'TXT'
  ttl_seconds: number
  values: string[]
}

export type RegistrationInput = {
  /** A DNS name, as Unicode or as A-labels; `*.` in front makes it a wildcard. */
  hostname: string
  target:
    | {
        type: 'proxy'
        /** Scheme, host and port of a public server. */
        url?: string | undefined
        /** In place of `url`: the name of a service of the platform. */
        service?: string | undefined
      }
    | {
        type: 'redirect'
        /** Where every request is sent, path and all. */
        url: string
        status?: 301 | 302 | 307 | 308 | undefined
      }
    | {
        type: 'none'
      }
  verification?:
    | {
        method?: 'txt' | 'cname' | 'http' | 'managed' | undefined
        /** `false`: the name may lead elsewhere, such as to a CDN in front; only ownership is asked of DNS. */
        routing?: boolean | undefined
      }
    | undefined
  tls?:
    | {
        /** `auto`: obtained and renewed. `off`: HTTP only. `imported`: the customer’s own, sent here. */
        mode: 'auto' | 'off' | 'imported'
        /** Of a managed wildcard: managed names below it use its certificate, and need no order. */
        shared?: true | undefined
      }
    | undefined
  edge_pool?: string | undefined
  vhost?: 'dedicated' | undefined
  tenant?: string | undefined
  /** A plain JSON object of at most 16 kB, shown back as it came. */
  metadata?: { [name: string]: unknown } | undefined
  /** `interactive`: a person waits. `normal`: nobody does, such as in a migration. */
  priority?: 'interactive' | 'normal' | undefined
}

export type RegistrationPlan = {
  hostname: string
  tenant: string
  verification: Verification
  /** What is needed in DNS. `<token>` stands for the token that the domain will have. */
  records: DnsRecord[]
  /** For the method `managed`: what would be written. Null for others: the customer writes. */
  plan: RecordPlan | null
}

export type ReplayInput = {
  since: string
}

export type Replayed = {
  replayed: number
}

export type Service = {
  name: string
  /** Whose domains may use it; null for every tenant’s. */
  tenant: string | null
  scheme: 'http' | 'https'
  servers: string[]
  tls_name: string | null
  health: {
    path: string
    interval_seconds: number
  } | null
  /** How far the edges are with its last change: how many have it, which live ones do not, which are not heard of. */
  edges: {
    applied: number
    pending: string[]
    silent: string[]
  }
  created_at: string
  updated_at: string
}

export type ServiceChangeInput = {
  /** Each as `host:port`; names are resolved by the edges. They may be private. */
  servers: string[]
  /** How the servers are spoken to. */
  scheme?: 'http' | 'https' | undefined
  /** The name in the servers’ certificates. With `https`, and required there. */
  tls_name?: string | undefined
  /** Without it a server is left out only while it does not answer visitors. */
  health?:
    | {
        /** Asked of every server by every edge; 2xx and 3xx are well. */
        path: string
        interval_seconds?: number | undefined
      }
    | undefined
  /** Whose domains may use it; without it, every tenant’s. */
  tenant?: string | undefined
}

export type Session = {
  principal: {
    kind: 'key' | 'user'
    id: string
    name: string
    role: 'viewer' | 'operator' | 'admin'
    /** Whose domains are seen; null sees all. */
    tenant: string | null
  }
  sign_in: SignIn
  /** Where a trace is looked at, with `{trace_id}` in it. For the platform’s own people, where there is one. */
  trace_url?: string | undefined
}

export type SignIn = {
  /** Whether there are local users, who sign in with a password. */
  password: boolean
  /** Where a browser goes to sign in with the identity provider; null without one. */
  oidc: string | null
}

export type Silence = {
  id: string
  code: string | null
  tenant: string | null
  until: string
  why: string
  created_by: string
  created_at: string
}

export type Target =
  | {
      type: 'proxy'
      url: string
    }
  | {
      type: 'proxy'
      service: string
    }
  | {
      type: 'redirect'
      url: string
      status: 301 | 302 | 307 | 308
    }
  | {
      type: 'none'
    }

export type Traffic = {
  /** Minutes with traffic, oldest first. A report takes about a minute. */
  data: {
    /** When the minute began. */
    minute: string
    requests: number
    /** Sent to visitors, headers included. */
    bytes: number
    /** Requests by class. */
    status: {
      '1xx': number
      '2xx': number
      '3xx': number
      '4xx': number
      '5xx': number
    }
    /** Estimated; null for a minute of websockets only. */
    p95_ms: number | null
  }[]
}

export type User = {
  id: string
  email: string
  name: string
  role: 'viewer' | 'operator' | 'admin'
  created_at: string
  disabled_at: string | null
  /** To the minute. */
  last_seen_at: string | null
}

export type UserChangeInput = {
  name?: string | undefined
  role?: 'viewer' | 'operator' | 'admin' | undefined
  /** Ends all sessions of the user. */
  password?: string | undefined
  /** `true` ends all sessions of the user, who cannot sign in. */
  disabled?: boolean | undefined
}

export type Verification = {
  method: 'txt' | 'cname' | 'http' | 'managed'
  /** Whether the name has to lead here. */
  routing: boolean
  /** Until when the token has to be found for the first time. */
  expires_at: string
  /** The token before, while it is good beside the new one; null when no rotation is under way. */
  previous: {
    accepted_until: string
  } | null
  /** The page that the name’s web server has to show; null for other methods than `http`, and in a dry run. */
  http: {
    url: string
    body: string
  } | null
}

export type Webhook = {
  id: string
  /** An https:// address. */
  url: string
  /** Whose domains it hears of; null hears of all. */
  tenant: string | null
  /** Null for all. */
  types:
    | (
        | 'domain.created'
        | 'domain.action_required'
        | 'domain.verified'
        | 'domain.certificate_issued'
        | 'domain.active'
        | 'domain.suspended'
        | 'domain.resumed'
        | 'domain.moved'
        | 'domain.deprovisioned'
        | 'domain.failed'
        | 'ownership.rotation_started'
        | 'ownership.lost'
        | 'certificate.renewed'
        | 'certificate.renewal_failed'
      )[]
    | null
  description: string
  enabled: boolean
  disabled_at: string | null
  /** `gone`: it answered 410. What happens meanwhile waits for it, for 30 days. */
  disabled_because: ('gone' | 'operator') | null
  /** Until then the secret before signs as well. */
  previous_secret_until: string | null
  created_at: string
  created_by: string
  updated_at: string
}

export type WebhookChangeInput = {
  /** An https:// address. */
  url?: string | undefined
  /** Null for all. */
  types?:
    | (
        | 'domain.created'
        | 'domain.action_required'
        | 'domain.verified'
        | 'domain.certificate_issued'
        | 'domain.active'
        | 'domain.suspended'
        | 'domain.resumed'
        | 'domain.moved'
        | 'domain.deprovisioned'
        | 'domain.failed'
        | 'ownership.rotation_started'
        | 'ownership.lost'
        | 'certificate.renewed'
        | 'certificate.renewal_failed'
      )[]
    | null
    | undefined
  description?: string | undefined
  enabled?: boolean | undefined
}

export type WebhookDelivery = {
  /** The `webhook-id` of every try. */
  id: string
  webhook_id: string
  /** Null for a test. */
  domain_id: string | null
  type: string
  status: 'pending' | 'delivered' | 'failed'
  /** Tries since it was queued. */
  attempt: number
  /** Null while a message of the same domain has to go first, and when it is settled. */
  next_at: string | null
  request: {
    /** Of the last try. */
    headers: { [name: string]: string } | null
    body: { [name: string]: unknown }
  }
  tries: {
    at: string
    ms: number
    status: number | null
    error: string | null
    /** The beginning of the answer. */
    excerpt: string | null
  }[]
  created_at: string
  settled_at: string | null
}

export type Worker = {
  name: string
  slots: number
  busy: number
  live: boolean
  /** Finishes what it has, and takes nothing new. */
  draining: boolean
  started_at: string
  seen_at: string
  jobs: {
    domain_id: string
    hostname: string
    step: string
    since: string
  }[]
}

export type ZoneFacts = {
  name: string
  name_servers: string[]
  serial: number | null
  /** For how long resolvers remember that a name is not there (RFC 2308). */
  negative_ttl_seconds: number | null
  dnssec: 'signed' | 'unsigned' | 'bogus' | 'unknown'
}

/** Every call: what goes into its address, its query and its body, and what it answers. */
export interface Operations {
  /** Who changed what, newest first */
  'GET /v1/audit': {
    query?:
      | {
          /** Whose chain; the empty one is the platform’s own. */
          tenant?: string | undefined
          /** The id of a key or a user. */
          actor?: string | undefined
          action?: string | undefined
          /** The id of what was changed. */
          subject?: string | undefined
          limit?: number | undefined
          /** `next_cursor` of the page before. */
          cursor?: string | undefined
        }
      | undefined
    answer: {
      data: AuditEntry[]
      next_cursor: string | null
    }
  }
  /** All sealed rows of all chains, or of one, as lines of JSON */
  'GET /v1/audit/export': {
    query?:
      | {
          /** Whose chain; the empty one is the platform’s own. */
          tenant?: string | undefined
        }
      | undefined
    answer: string
  }
  /** Read all chains, or one, and say whether they are as they were written */
  'GET /v1/audit/verify': {
    query?:
      | {
          /** Whose chain; the empty one is the platform’s own. */
          tenant?: string | undefined
        }
      | undefined
    answer: {
      chains: AuditVerdict[]
    }
  }
  /** Launch a domain */
  'POST /v1/domains': {
    query?:
      | {
          dry_run?: boolean | undefined
        }
      | undefined
    body: RegistrationInput
    answer: RegistrationPlan | Domain
  }
  /** List domains, newest first */
  'GET /v1/domains': {
    query?:
      | {
          state?:
            | 'pending'
            | 'verifying'
            | 'verified'
            | 'provisioning_cert'
            | 'active'
            | 'suspended'
            | 'deprovisioning'
            | 'deprovisioned'
            | 'failed'
            | undefined
          reason?:
            | 'DNS_RECORD_MISSING'
            | 'DNS_RECORD_MISMATCH'
            | 'DNS_TXT_MISSING'
            | 'DNS_TXT_MISMATCH'
            | 'DNS_DOUBLED_LABEL'
            | 'DNS_STRAY_AAAA'
            | 'DNS_STRAY_A'
            | 'DNS_PROXIED'
            | 'DNS_DNSSEC_BOGUS'
            | 'DNS_NXDOMAIN'
            | 'DNS_CNAME_LOOP'
            | 'DNS_SERVFAIL'
            | 'DNS_TIMEOUT'
            | 'DNS_DISAGREEMENT'
            | 'DNS_CHALLENGE_PENDING'
            | 'DNS_DANGLING'
            | 'DNS_PROVIDER_REFUSED'
            | 'DNS_PROVIDER_UNAVAILABLE'
            | 'DNS_RECORD_FOREIGN'
            | 'DNS_ZONE_UNMANAGED'
            | 'HTTP_UNREACHABLE'
            | 'HTTP_WRONG_ANSWER'
            | 'HOSTNAME_TAKEN'
            | 'OWNERSHIP_CONSENT_NEEDED'
            | 'OWNERSHIP_TOKEN_EXPIRED'
            | 'OWNERSHIP_ROTATING'
            | 'OWNERSHIP_LOST'
            | 'CAA_FORBIDS'
            | 'RATE_LIMIT_BUDGET'
            | 'CA_RATE_LIMITED'
            | 'CA_PAUSED'
            | 'CA_REJECTED'
            | 'CA_UNAVAILABLE'
            | 'CA_PROCESSING'
            | 'CA_VALIDATION_FAILED'
            | 'CERT_MISMATCH'
            | 'CERT_EXPIRING'
            | 'CERT_NEEDED'
            | 'CERT_NOT_SERVED'
            | 'EDGE_PENDING'
            | 'EDGE_REJECTED_CONFIG'
            | 'EDGE_UNREACHABLE'
            | 'SUSPENDED_BY_OPERATOR'
            | 'OFFBOARDING_GRACE'
            | 'INTERNAL'
            | undefined
          actor?: 'customer' | 'platform' | 'operator' | 'ca' | 'nobody' | undefined
          tenant?: string | undefined
          /** The service that the target names. Not for a tenant’s key. */
          service?: string | undefined
          /** Part of a hostname; one or two letters are what it begins with. */
          q?: string | undefined
          /** Of the certificate in use. Then those whose certificates end first come first. */
          expires_before?: string | undefined
          limit?: number | undefined
          /** `next_cursor` of the page before. */
          cursor?: string | undefined
        }
      | undefined
    answer: {
      data: Domain[]
      next_cursor: string | null
    }
  }
  /** Read a domain */
  'GET /v1/domains/{id}': {
    path: {
      /** The id, or the hostname. */
      id: string
    }
    answer: Domain
  }
  /** Change target or metadata; the same body looks again now */
  'PATCH /v1/domains/{id}': {
    path: {
      /** The id, or the hostname. */
      id: string
    }
    body: DomainChangeInput
    answer: Domain
  }
  /** Let a domain go: the route is withdrawn at once, then the grace runs */
  'DELETE /v1/domains/{id}': {
    path: {
      /** The id, or the hostname. */
      id: string
    }
    query?:
      | {
          /** `true` skips the grace. */
          immediate?: boolean | undefined
          /** `true` has the certificate revoked once it is served nowhere. */
          revoke?: boolean | undefined
        }
      | undefined
    answer: Domain
  }
  /** Look at the domain now, wherever it is */
  'POST /v1/domains/{id}/check': {
    path: {
      /** The id, or the hostname. */
      id: string
    }
    answer: Domain
  }
  /** Let a failed domain go on where it failed, with fresh attempts */
  'POST /v1/domains/{id}/retry': {
    path: {
      /** The id, or the hostname. */
      id: string
    }
    answer: Domain
  }
  /** Renew the certificate of an active domain now */
  'POST /v1/domains/{id}/renew': {
    path: {
      /** The id, or the hostname. */
      id: string
    }
    answer: Domain
  }
  /** Show a holding page in place of an active domain */
  'POST /v1/domains/{id}/suspend': {
    path: {
      /** The id, or the hostname. */
      id: string
    }
    answer: Domain
  }
  /** End a suspension */
  'POST /v1/domains/{id}/resume': {
    path: {
      /** The id, or the hostname. */
      id: string
    }
    answer: Domain
  }
  /** Bring a leaving domain back within its grace */
  'POST /v1/domains/{id}/restore': {
    path: {
      /** The id, or the hostname. */
      id: string
    }
    answer: Domain
  }
  /** Make a new ownership token */
  'POST /v1/domains/{id}/rotate-token': {
    path: {
      /** The id, or the hostname. */
      id: string
    }
    answer: Domain
  }
  /** Forget metadata, target and whatever a person typed, of a deprovisioned domain */
  'POST /v1/domains/{id}/erase': {
    path: {
      /** The id, or the hostname. */
      id: string
    }
    answer: Domain
  }
  /** What happened to the domain, newest first */
  'GET /v1/domains/{id}/events': {
    path: {
      /** The id, or the hostname. */
      id: string
    }
    query?:
      | {
          limit?: number | undefined
          /** `next_cursor` of the page before. */
          cursor?: string | undefined
        }
      | undefined
    answer: {
      data: DomainEvent[]
      next_cursor: string | null
    }
  }
  /** Each step that a worker ran for the domain, newest first */
  'GET /v1/domains/{id}/attempts': {
    path: {
      /** The id, or the hostname. */
      id: string
    }
    query?:
      | {
          limit?: number | undefined
          /** `next_cursor` of the page before. */
          cursor?: string | undefined
        }
      | undefined
    answer: {
      data: Attempt[]
      next_cursor: string | null
    }
  }
  /** Let another tenant have names below this one without a proof of their own */
  'POST /v1/domains/{id}/consents': {
    path: {
      /** The id, or the hostname. */
      id: string
    }
    body: ConsentInput
    answer: Domain
  }
  /** Withdraw a consent: what the tenant has by it alone must prove itself or is suspended */
  'DELETE /v1/domains/{id}/consents/{tenant}': {
    path: {
      /** The id, or the hostname. */
      id: string
      tenant: string
    }
    answer: Domain
  }
  /** Ask DNS and the name’s web server now, and say what is wrong and what to type where */
  'GET /v1/domains/{id}/diagnosis': {
    path: {
      /** The id, or the hostname. */
      id: string
    }
    answer: Diagnosis
  }
  /** Manage a zone */
  'POST /v1/dns-zones': { body: NewDnsZoneInput; answer: DnsZone }
  /** List managed zones */
  'GET /v1/dns-zones': {
    answer: {
      data: DnsZone[]
      next_cursor: null
    }
  }
  /** Read a managed zone */
  'GET /v1/dns-zones/{id}': {
    path: {
      id: string
    }
    answer: DnsZone
  }
  /** Manage a zone no longer; its records stay as they are */
  'DELETE /v1/dns-zones/{id}': {
    path: {
      id: string
    }
    answer: null
  }
  /** What would be written for a hostname, compared with what stands now */
  'GET /v1/dns-zones/{id}/plan': {
    path: {
      id: string
    }
    query: {
      /** A DNS name, as Unicode or as A-labels; `*.` in front makes it a wildcard. */
      hostname: string
      /** For whom; by default the zone’s own, or `default`. */
      tenant?: string | undefined
    }
    answer: RecordPlan
  }
  /** Make a service what it says here */
  'PUT /v1/services/{name}': {
    path: {
      /** What targets call it, such as `shop-api`. */
      name: string
    }
    body: ServiceChangeInput
    answer: Service
  }
  /** Read a service */
  'GET /v1/services/{name}': {
    path: {
      /** What targets call it, such as `shop-api`. */
      name: string
    }
    answer: Service
  }
  /** Forget a service that no domain uses */
  'DELETE /v1/services/{name}': {
    path: {
      /** What targets call it, such as `shop-api`. */
      name: string
    }
    answer: null
  }
  /** List services by name */
  'GET /v1/services': {
    answer: {
      data: Service[]
      next_cursor: null
    }
  }
  /** List jobs, with the number of each kind */
  'GET /v1/jobs': {
    query?:
      | {
          kind?: 'due' | 'running' | 'waiting' | 'failed' | 'dead' | undefined
          /** Part of a hostname, or of the name of a dead letter’s queue; one or two letters are what it begins with. */
          q?: string | undefined
          lane?: 'interactive' | 'renewal' | 'normal' | undefined
          tenant?: string | undefined
          /** Who holds it, or held it last. */
          worker?: string | undefined
          step?:
            | 'accept'
            | 'verify_ownership'
            | 'verify_routing'
            | 'settle'
            | 'order_certificate'
            | 'validate_order'
            | 'finalize_order'
            | 'publish_route'
            | 'confirm_route'
            | 'confirm_change'
            | 'reverify'
            | 'plan_renewal'
            | 'order_renewal'
            | 'validate_renewal'
            | 'finalize_renewal'
            | 'publish_renewal'
            | 'confirm_renewal'
            | 'publish_holding'
            | 'confirm_holding'
            | 'await_return'
            | 'republish_route'
            | 'confirm_return'
            | 'hand_over'
            | 'withdraw_route'
            | 'confirm_withdrawal'
            | 'remove_records'
            | 'sit_out_grace'
            | 'revoke_certificate'
            | 'release'
            | 'watch_dangling'
            | undefined
          /** The code of its reason, or of what is wrong with a dead letter. */
          reason?: string | undefined
          limit?: number | undefined
          /** `next_cursor` of the page before. */
          cursor?: string | undefined
        }
      | undefined
    answer: {
      data: Job[]
      next_cursor: string | null
      counts: JobCounts
    }
  }
  /** Act on all jobs that match */
  'POST /v1/jobs:bulk': { body: BulkJobsInput; answer: BulkAnswer }
  /** Act on all domains that match */
  'POST /v1/domains:bulk-actions': { body: BulkDomainsInput; answer: BulkAnswer }
  /** How the fleet fares */
  'GET /v1/overview': { answer: Overview }
  /** List workers, with what each has in hand */
  'GET /v1/workers': {
    answer: {
      data: Worker[]
      next_cursor: null
    }
  }
  /** Let a worker finish what it has, and take nothing new */
  'POST /v1/workers/{name}/drain': {
    path: {
      name: string
    }
    answer: {
      name: string
      draining: boolean
    }
  }
  /** Let a drained worker take work again */
  'POST /v1/workers/{name}/resume': {
    path: {
      name: string
    }
    answer: {
      name: string
      draining: boolean
    }
  }
  /** List certificates, those that end first first */
  'GET /v1/certificates': {
    query?:
      | {
          status?: 'issued' | 'superseded' | 'parked' | 'revoked' | undefined
          expires_before?: string | undefined
          limit?: number | undefined
          /** `next_cursor` of the page before. */
          cursor?: string | undefined
        }
      | undefined
    answer: {
      data: ListedCertificate[]
      next_cursor: string | null
    }
  }
  /** Use a certificate of the customer’s own */
  'POST /v1/domains/{id}/certificate': {
    path: {
      /** The id, or the hostname. */
      id: string
    }
    body: OwnCertificateInput
    answer: Domain
  }
  /** What the certificate authorities limit, what is left, and what can be launched within a day */
  'GET /v1/limits': { answer: Limits }
  /** Requests, bytes, status and latency of a domain by the minute */
  'GET /v1/domains/{id}/traffic': {
    path: {
      /** The id, or the hostname. */
      id: string
    }
    query?:
      | {
          from?: string | undefined
          to?: string | undefined
        }
      | undefined
    answer: Traffic
  }
  /** List what was told, and what was held back, newest first */
  'GET /v1/notifications': {
    query?:
      | {
          limit?: number | undefined
          /** `next_cursor` of the page before. */
          cursor?: string | undefined
        }
      | undefined
    answer: {
      data: Notification[]
      next_cursor: string | null
    }
  }
  /** List the silences in force */
  'GET /v1/silences': {
    answer: {
      data: Silence[]
      next_cursor: null
    }
  }
  /** Hold notices back until a time; they are counted, and told in sum when it is over */
  'POST /v1/silences': { body: NewSilenceInput; answer: Silence }
  /** End a silence now; what it held back is told */
  'DELETE /v1/silences/{id}': {
    path: {
      id: string
    }
    answer: null
  }
  /** Say where a customer gets mails */
  'PUT /v1/contacts/{tenant}': {
    path: {
      tenant: string
    }
    query?:
      | {
          /** For this domain alone; without it, for all of the tenant’s that have none of their own. */
          domain?: string | undefined
        }
      | undefined
    body: NewContactInput
    answer: Contact
  }
  /** Read where a customer gets mails */
  'GET /v1/contacts/{tenant}': {
    path: {
      tenant: string
    }
    query?:
      | {
          /** For this domain alone; without it, for all of the tenant’s that have none of their own. */
          domain?: string | undefined
        }
      | undefined
    answer: Contact
  }
  /** Forget a contact: no more mails */
  'DELETE /v1/contacts/{tenant}': {
    path: {
      tenant: string
    }
    query?:
      | {
          /** For this domain alone; without it, for all of the tenant’s that have none of their own. */
          domain?: string | undefined
        }
      | undefined
    answer: null
  }
  /** Enrol an edge, or give a known one a new token */
  'POST /v1/edges': {
    body: {
      name: string
      pool?: string | undefined
    }
    answer: {
      id: string
      name: string
      pool: string
      /** Shown this once. */
      token: string
    }
  }
  /** List edges */
  'GET /v1/edges': {
    answer: {
      data: Edge[]
      next_cursor: null
    }
  }
  /** Set an edge apart: nobody waits for it */
  'POST /v1/edges/{id}/quarantine': {
    path: {
      id: string
    }
    answer: null
  }
  /** End an edge’s quarantine: what is published from now on waits for it */
  'POST /v1/edges/{id}/release': {
    path: {
      id: string
    }
    answer: null
  }
  /** Forget an edge: its token stops working, and removals no longer wait for it */
  'DELETE /v1/edges/{id}': {
    path: {
      id: string
    }
    answer: null
  }
  /** Make an API key */
  'POST /v1/keys': { body: NewApiKeyInput; answer: MadeApiKey }
  /** List API keys, newest first, revoked ones too */
  'GET /v1/keys': {
    query?:
      | {
          limit?: number | undefined
          /** `next_cursor` of the page before. */
          cursor?: string | undefined
        }
      | undefined
    answer: {
      data: ApiKey[]
      next_cursor: string | null
    }
  }
  /** Revoke an API key: it is good for nothing at once */
  'DELETE /v1/keys/{id}': {
    path: {
      id: string
    }
    answer: null
  }
  /** Make a local user */
  'POST /v1/users': { body: NewUserInput; answer: User }
  /** List users, newest first */
  'GET /v1/users': {
    query?:
      | {
          limit?: number | undefined
          /** `next_cursor` of the page before. */
          cursor?: string | undefined
        }
      | undefined
    answer: {
      data: User[]
      next_cursor: string | null
    }
  }
  /** Change a user; a role counts from the next request on */
  'PATCH /v1/users/{id}': {
    path: {
      id: string
    }
    body: UserChangeInput
    answer: User
  }
  /** Forget a user, whose sessions end at once */
  'DELETE /v1/users/{id}': {
    path: {
      id: string
    }
    answer: null
  }
  /** What happens to domains, as it happens */
  'GET /v1/events': {
    query?:
      | {
          tenant?: string | undefined
          /** Its id, or the hostname. */
          domain?: string | undefined
          /** May be repeated. */
          type?: string[] | undefined
        }
      | undefined
    answer: string
  }
  /** Make a webhook */
  'POST /v1/webhooks': { body: NewWebhookInput; answer: MadeWebhook }
  /** List webhooks, newest first */
  'GET /v1/webhooks': {
    query?:
      | {
          limit?: number | undefined
          /** `next_cursor` of the page before. */
          cursor?: string | undefined
        }
      | undefined
    answer: {
      data: Webhook[]
      next_cursor: string | null
    }
  }
  /** One webhook */
  'GET /v1/webhooks/{id}': {
    path: {
      id: string
    }
    answer: Webhook
  }
  /** Change, disable or enable a webhook */
  'PATCH /v1/webhooks/{id}': {
    path: {
      id: string
    }
    body: WebhookChangeInput
    answer: Webhook
  }
  /** Remove a webhook with its deliveries */
  'DELETE /v1/webhooks/{id}': {
    path: {
      id: string
    }
    answer: null
  }
  /** Make a new secret; for a day the one before signs as well */
  'POST /v1/webhooks/{id}/secret': {
    path: {
      id: string
    }
    answer: MadeWebhook
  }
  /** Messages to a webhook, newest first; they are kept for 30 days */
  'GET /v1/webhooks/{id}/deliveries': {
    path: {
      id: string
    }
    query?:
      | {
          limit?: number | undefined
          /** `next_cursor` of the page before. */
          cursor?: string | undefined
          status?: 'pending' | 'delivered' | 'failed' | undefined
        }
      | undefined
    answer: {
      data: WebhookDelivery[]
      next_cursor: string | null
    }
  }
  /** One message with every try */
  'GET /v1/webhooks/{id}/deliveries/{msg}': {
    path: {
      id: string
      msg: string
    }
    answer: WebhookDelivery
  }
  /** Send a message of the type webhook.test */
  'POST /v1/webhooks/{id}/test': {
    path: {
      id: string
    }
    answer: WebhookDelivery
  }
  /** Send a message again, under the same id */
  'POST /v1/webhooks/{id}/deliveries/{msg}/replay': {
    path: {
      id: string
      msg: string
    }
    answer: WebhookDelivery
  }
  /** Send everything again that was written since a time */
  'POST /v1/webhooks/{id}/replay': {
    path: {
      id: string
    }
    body: ReplayInput
    answer: Replayed
  }
  /** Launch many domains: a verdict for each row */
  'POST /v1/domains:bulk': {
    body: DomainImportInput
    answer: {
      rows: ImportVerdict[]
      accepted: number
      refused: number
    }
  }
  /** Who is asking, by key or by cookie */
  'GET /v1/session': { answer: Session }
  /** Sign a browser in, with address and password or with an API key */
  'POST /v1/session': { body: NewSessionInput; answer: Session }
  /** Sign out */
  'DELETE /v1/session': { answer: null }
}
