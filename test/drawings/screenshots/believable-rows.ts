/** Nothing of the seed is due while a worker looks at the one domain that is real. */
export const AT_REST = [
  `update domains set next_run_at = now() + interval '2 hours' + random() * interval '6 hours' where lease_until is null and next_run_at is not null`,
  `update domains set reverify_at = greatest(reverify_at, now() + interval '8 hours'), renew_at = greatest(renew_at, now() + interval '8 hours')`,
]

const TENANTS = `array['northbeam', 'lumen', 'kiosk', 'atelier', 'harbourside', 'meadow', 'paperboat', 'quarterdeck']`

/** What a reason of the seed would have said, had a worker looked. */
const because = (code: string, expected: string, observed: string, message: string) => `
  update domains set reason = reason || jsonb_build_object(
    'expected', jsonb_build_array(${expected}), 'observed', ${observed}, 'message', ${message})
  where reason ->> 'code' = '${code}' and expected_is_seeded(reason)`

/** The rest of the picture: names, a wave of launches in the last hour, and what failed with what was found. */
export const BELIEVABLE = [
  `create function pg_temp.tenant_of(seeded text) returns text language sql immutable as $$
     select (${TENANTS})[1 + substr(seeded, 8)::int % 8] $$`,
  `create function expected_is_seeded(reason jsonb) returns boolean language sql immutable as $$
     select reason -> 'expected' = '["edge.platform.example"]'::jsonb $$`,
  `update domains set tenant = pg_temp.tenant_of(tenant),
     target = jsonb_build_object('type', 'proxy', 'url', 'https://' || pg_temp.tenant_of(tenant) || '.platform.example')
   where tenant like 'tenant-%'`,
  `with launched as (
     select id, row_number() over (order by id desc) as n from domains where state = 'active' order by id desc limit 420
   )
   update domains set created_at = at, activated_at = at + interval '34 seconds' - ln(1 - random() * 0.98) * interval '21 seconds'
   from (select id, now() - interval '2 minutes' - interval '57 minutes' * (0.5 + 0.5 * sin(n / 420.0 * 9)) * (n / 420.0) as at from launched) as wave
   where domains.id = wave.id`,
  because(
    'DNS_TXT_MISSING',
    `'token=' || (verification ->> 'token')`,
    `'[]'`,
    `'_mooring-challenge.' || hostname || ' has no TXT record.'`,
  ),
  because(
    'DNS_RECORD_MISSING',
    `'edge.platform.example'`,
    `'["192.0.2.44"]'`,
    `hostname || ' leads to 192.0.2.44, not to edge.platform.example.'`,
  ),
  `update domains set reason = case when random() < 0.6 then jsonb_build_object('code', 'CA_VALIDATION_FAILED', 'actor', 'customer',
       'message', '403 from the certificate authority: the answer at http://' || hostname || '/.well-known/acme-challenge/ is not ours.')
     else jsonb_build_object('code', 'OWNERSHIP_TOKEN_EXPIRED', 'actor', 'customer',
       'message', 'This domain’s token was not found in the week it was good for. Retry the domain to begin again.') end
   where state = 'failed' and reason ->> 'code' in ('INTERNAL', 'CA_VALIDATION_FAILED', 'OWNERSHIP_TOKEN_EXPIRED')`,
  `update domains set step = 'verify_ownership' where reason ->> 'code' = 'OWNERSHIP_TOKEN_EXPIRED'`,
  `update domains set reason = reason - 'expected' - 'observed' where expected_is_seeded(reason)
     and reason ->> 'code' not in ('DNS_RECORD_MISSING', 'DNS_PROXIED')`,
  `update domains set attempt = 1 + abs(hashtext(id)) % 5 where state = 'failed'`,
  // The one that is real was last looked at a while ago, and comes up again.
  `update domains set next_run_at = now() + interval '4 minutes' where hostname = 'shop.lumen-bakery.com'`,
  // Few, as on a good day.
  `update domains set lease_until = null, leased_by = null, next_run_at = now() + interval '1 hour'
   where lease_until is not null and id not in (select id from domains where lease_until is not null order by id limit 18)`,
  `update domains set leased_by = 'worker-' || 1 + abs(hashtext(id)) % 6 where lease_until is not null`,
  `delete from workers where name !~ '^worker-[1-6]$'`,
  `update webhooks set url = 'https://api.platform.example/hooks/mooring'`,
  `delete from dead_letters where id > (select min(id) + 1 from dead_letters)`,
]

export const JUST_SEEN = [`update workers set seen_at = now(), slots = 8`, `update edges set last_seen_at = now()`]
