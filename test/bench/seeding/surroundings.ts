/** What the targets of domains name. */
export const SEED_SERVICES = `
  insert into services (name, scheme, servers, published)
  select name, 'http', '[{"host": "10.0.0.7", "port": 8080}]', '{"default": 1}' from unnest(array['web', 'seldom']) as name`

export const SEED_EDGES = `
  with pool as (update edge_pools set generation = (select max(n) from shapes) where name = 'default')
  insert into edges (id, name, edge_pool, token_hash, last_seen_at, generation, server)
  select pg_temp.made_id('edge', now(), n), 'edge-' || n, 'default', md5('edge' || n), now() + interval '1 day',
    (select max(n) from shapes) - n, 'nginx/1.22.1'
  from generate_series(1, 4) as n`

/** Two hundred domains in hand, for as long as anybody may want to measure. */
export const SEED_LEASES = `
  with held as (
    update domains
    set lease_until = now() + interval '1 day', leased_by = 'worker-' || 1 + n % 20, lease_token = 1,
        next_run_at = now() - interval '1 minute'
    from (
      select id, row_number() over (order by id) as n from domains where state in ('verifying', 'provisioning_cert')
      order by id limit 200
    ) as chosen
    where domains.id = chosen.id
    returning domains.id, leased_by, step
  )
  insert into attempts (domain_id, lease_token, step, worker, started_at)
  select id, 1, step, leased_by, now() - interval '2 seconds' from held`

export const SEED_WORKERS = `
  insert into workers (name, slots, started_at, seen_at)
  select 'worker-' || n, 32, now() - interval '3 days', now() + interval '1 day' from generate_series(1, 20) as n`

export const SEED_DEAD_LETTERS = `
  insert into dead_letters (at, queue, code, detail, excerpt, bytes)
  select now() - n * interval '1 hour', 'mooring.v1.normal', 'MESSAGE_NOT_JSON', 'The message is not JSON.',
    'no hint ' || n, 9
  from generate_series(1, 300) as n`

/** Of names ordered within the last week: as many rows as the authority's own count has. */
export const SEED_BUDGETS = `
  insert into ca_budgets (ca, bucket, key, tat, reserved)
  select 'letsencrypt', bucket, hostname, now() + a * interval '3 days', 0
  from (select * from shapes order by n desc limit 10000) as late,
    unnest(array['certificates_of_domain', 'exact_set']) as bucket
  union all
  select 'letsencrypt', 'new_orders', 'letsencrypt/one', now() + interval '30 minutes', 12`
