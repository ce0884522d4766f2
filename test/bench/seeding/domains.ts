import { type Actor, REASONS, type ReasonCode, type State } from '@mooring/core'
import { STEP_IN } from '../../builders/domain-in-state.ts'

/** How many in a thousand are in each state; the others are active. */
const PER_MILLE: Partial<Record<State, number>> = {
  verifying: 16,
  deprovisioned: 9,
  failed: 5,
  provisioning_cert: 3,
  suspended: 3,
  deprovisioning: 2,
  pending: 1,
  verified: 1,
}

/** The first is the most frequent. */
const REASONS_IN: Partial<Record<State, ReasonCode[]>> = {
  verifying: ['DNS_TXT_MISSING', 'DNS_RECORD_MISSING', 'DNS_TXT_MISMATCH', 'DNS_PROXIED', 'DNS_SERVFAIL'],
  failed: ['CA_VALIDATION_FAILED', 'OWNERSHIP_TOKEN_EXPIRED', 'CA_REJECTED', 'CAA_FORBIDS', 'INTERNAL'],
  provisioning_cert: ['RATE_LIMIT_BUDGET', 'EDGE_PENDING', 'CA_RATE_LIMITED', 'CA_UNAVAILABLE'],
  suspended: ['OWNERSHIP_LOST', 'SUSPENDED_BY_OPERATOR'],
  deprovisioning: ['OFFBOARDING_GRACE'],
}

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`

const stateOf = (dice: string): string => {
  let upTo = 0
  const branches = Object.entries(PER_MILLE).map(([state, share]) => {
    upTo += share
    return `when ${dice} < ${upTo / 1000} then ${text(state)}`
  })
  return `case ${branches.join(' ')} else 'active' end`
}

const reasonOf = (state: string, dice: string): string => {
  const branches = Object.entries(REASONS_IN).map(([one, codes]) => {
    const list = codes.map((code) => reasonJson(code, REASONS[code].actor)).join(', ')
    // Squared, so that the first ones come up most.
    return `when ${state} = ${text(one)} then (array[${list}])[1 + floor(${dice} * ${dice} * ${codes.length})::int]`
  })
  return `case ${branches.join(' ')} end`
}

const reasonJson = (code: ReasonCode, actor: Actor): string =>
  `${text(JSON.stringify({ code, message: REASONS[code].means, actor, expected: ['edge.platform.example'], observed: [] }))}::jsonb`

const stepOf = (state: string): string =>
  `case ${state} ${Object.entries(STEP_IN)
    .map(([one, step]) => `when ${text(one)} then ${text(step)}`)
    .join(' ')} end`

const words = (list: string): string => `array[${list.split(' ').map(text).join(', ')}]`
const LABELS = words('www shop store blog app help status docs events go portal my')
const FIRST = words('amber brisk clear dusty early fancy green happy inner jolly keen lunar misty noble oaken plain')
const SECOND = words('bakery studio garage florist cinema harbor museum clinic tavern atelier bikes books tools wines')
const ENDINGS = words('com de fr net org io co.uk shop')

const pick = (list: string, dice: string): string => `(${list})[1 + floor(${dice} * array_length(${list}, 1))::int]`

/** What is drawn by lot for each domain, once: other tables are made of the same. */
export const SEED_SHAPES = `
  create temporary table shapes as
  select n, at, pg_temp.made_id('dom', at, n) as id, pg_temp.made_id('crt', at, n) as certificate_id,
    case when dice_tenant < 0.5 then 'tenant-01' else 'tenant-' || lpad((2 + floor((dice_tenant - 0.5) * 98))::text, 2, '0') end
      as tenant,
    ${pick(LABELS, 'a')} || '.' || ${pick(FIRST, 'b')} || '-' || ${pick(SECOND, 'c')} || '-' || to_hex(n) || '.' || ${pick(ENDINGS, 'd')}
      as hostname,
    ${stateOf('dice_state')} as state, a, b, c, d
  from (
    select n, now() - interval '400 days' * (1 - n::float8 / $1) as at,
      random() as dice_tenant, random() as dice_state, random() as a, random() as b, random() as c, random() as d
    from generate_series(1, $1::bigint) as n
  ) as drawn`

/** A third lead to a service that everybody has, twenty of a million to one that few have. */
const TARGET = `
  case
    when n % 3 = 0 then '{"type": "proxy", "service": "web"}'::jsonb
    when n % 50000 = 1 then '{"type": "proxy", "service": "seldom"}'::jsonb
    else jsonb_build_object('type', 'proxy', 'url', 'https://' || tenant || '.platform.example')
  end`

export const SEED_DOMAINS = `
  insert into domains (
    id, hostname, tenant, state, step, reason, attempt, looks, lane, next_run_at, target, verification, tls, edge_pool,
    dns, certificate_id, reverify_at, renew_at, holds, suspension, route_generation, metadata, ended_at,
    ownership_verified_at, routing_verified_at, activated_at, created_at, updated_at
  )
  select id, hostname, tenant, state, ${stepOf('state')}, ${reasonOf('state', 'b')}, 0, 3, 'normal',
    case
      when state in ('failed', 'deprovisioned') then null
      when state = 'active' then now() + a * interval '1 day'
      when a < 0.02 then now() - b * interval '1 minute'
      else now() + a * interval '1 hour'
    end,
    ${TARGET},
    jsonb_build_object('method', 'txt', 'routing', true, 'token', md5(id) || '01234567', 'issuedAt', at,
                       'expiresAt', at + interval '7 days', 'previous', null),
    '{"mode": "auto"}', 'default',
    jsonb_build_object('ownership', jsonb_build_object('status', 'ok', 'observed', '[]'::jsonb, 'checkedAt', at)),
    case when is_served then certificate_id end,
    case when state = 'active' then now() + a * interval '1 day' end,
    case when state = 'active' then now() + b * interval '60 days' end,
    is_served, case when state = 'suspended' then 'operator' end, case when is_served then n end,
    jsonb_build_object('plan', 'pro', 'customer', n),
    case when state = 'deprovisioned' then now() - a * interval '80 days' end,
    case when is_served then at + interval '30 seconds' end, case when is_served then at + interval '40 seconds' end,
    case when is_served then at + interval '60 seconds' - ln(1 - a * 0.9999) * interval '90 seconds' end,
    at, greatest(at, now() - c * interval '30 days')
  from (select *, state in ('active', 'suspended', 'deprovisioning') as is_served from shapes) as drawn
  order by n`

export const SEED_HOSTNAMES = `
  insert into hostnames (hostname, holder, era, taken_at)
  select hostname, case when state in ('active', 'suspended', 'deprovisioning') then id end, 1, at
  from shapes order by n`

/** Renewed with a third left, so that all but a few have 30 to 90 days; a superseded one before every third. */
export const SEED_CERTIFICATES = `
  insert into certificates (
    id, domain_id, issuer, status, sealed_key, csr, chain_pem, serial, not_before, not_after, renew_at, created_at
  )
  select case when is_past then pg_temp.made_id('crt', at, -n) else certificate_id end, id, 'letsencrypt/one',
    case when is_past then 'superseded' else 'issued' end, jsonb_build_object('v', 1, 'sealed', repeat(md5(id), 10)),
    decode(md5(id), 'hex'), '-----BEGIN CERTIFICATE-----' || repeat(md5(id), 100), md5(certificate_id),
    ends - interval '90 days', ends, ends - interval '30 days', ends - interval '90 days'
  from (
    select shapes.*, is_past,
      date_trunc('second', now() + case
        when is_past then c * interval '30 days'
        when d < 0.003 then c * interval '30 days'
        else interval '30 days' + c * interval '60 days'
      end) as ends
    from shapes, (values (true), (false)) as of (is_past)
    where state in ('active', 'suspended', 'deprovisioning') and (not is_past or n % 3 = 0)
  ) as drawn
  order by n`

export const SEED_ROUTES = `
  insert into routes (domain_id, hostname, edge_pool, generation, variant, target, certificate_id)
  select id, hostname, 'default', n, 'https',
    ${TARGET}, certificate_id
  from shapes where state in ('active', 'suspended') order by n`

/** What triggers keep (migration 0011), which are off while the tables are filled. */
export const SEED_TROUBLES = `
  insert into domain_troubles (domain_id, code, actor)
  select id, reason ->> 'code', reason ->> 'actor' from domains where reason is not null`

export const SEED_ENDS = `
  insert into certificate_ends (domain_id, certificate_id, tenant, state, not_before, not_after)
  select d.id, c.id, d.tenant, d.state, c.not_before, c.not_after
  from domains d join certificates c on c.id = d.certificate_id
  where c.status = 'issued' order by d.id`
