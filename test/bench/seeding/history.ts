/** What each domain went through on its way, and what it looked like when it got there. */
export const SEED_EVENTS = `
  insert into events (domain_id, at, type, actor, data)
  select id, at + place * interval '15 seconds', type, case place when 1 then 'api' else 'worker' end,
    jsonb_build_object('hostname', hostname, 'from', type)
  from shapes
  cross join unnest(array['domain.created', 'domain.verifying', 'domain.verified', 'domain.active'])
    with ordinality as happened (type, place)
  where place < 3 or state in ('active', 'suspended', 'deprovisioning', 'deprovisioned')
  order by n, place`

/** $1 of them over 30 days, of $2 domains: in the order of time, each of a domain drawn by lot. */
export const SEED_ATTEMPTS = `
  insert into attempts (domain_id, lease_token, step, worker, started_at, finished_at, outcome, code, detail)
  select shapes.id, drawn.n, case when fate < 0.7 then 'reverify' else 'verify_ownership' end,
    'worker-' || 1 + floor(chance * 20), started_at, started_at + chance * interval '3 seconds',
    case when fate < 0.85 then 'done' when fate < 0.97 then 'wait' when fate < 0.99 then 'retry' else 'failed' end,
    case when fate > 0.85 then 'DNS_TXT_MISSING' end,
    case when fate > 0.85 then 'The TXT record that proves ownership is not there.' end
  from (
    select n, now() - interval '30 days' * (1 - n::float8 / $1) as started_at,
      1 + floor(random() * $2)::bigint as of_domain, random() as fate, random() as chance
    from generate_series(1, $1::bigint) as n
  ) as drawn
  join shapes on shapes.n = of_domain
  order by drawn.n`
