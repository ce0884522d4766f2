import { type Kysely, type RawBuilder, sql } from 'kysely'

/**
 * Who may do what: API keys, users, sessions, and a tenant that is kept to its own rows by the database itself.
 *
 * The role `mooring_tenant` acts for one tenant, which `mooring.tenant` names; without it, nothing is visible. It may
 * touch what is listed here and no other table: one that is made later is closed to it until its migration opens it.
 *
 * Runs beside the release before it: `mooring_app` sees all rows as before, by policies that are constant and therefore
 * gone before a plan is made. (Under any other policy an operator that is not leakproof, such as LIKE, uses no index.)
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table api_keys (
      id            text primary key,
      key_hash      text not null unique,
      name          text not null,
      role          text not null check (role in ('viewer', 'operator', 'admin')),
      -- Whose domains it sees; null sees all.
      tenant        text,
      created_at    timestamptz not null default now(),
      created_by    text not null,
      expires_at    timestamptz,
      last_used_at  timestamptz,
      revoked_at    timestamptz
    );
    create index api_keys_listed on api_keys (created_at desc, id desc);

    create table users (
      id             text primary key,
      email          text not null,
      name           text not null,
      role           text not null check (role in ('viewer', 'operator', 'admin')),
      -- Of a local user.
      password_hash  text,
      -- Of one whom an identity provider vouches for. Its e-mail address is the provider's word, and opens nobody's account.
      oidc_issuer    text,
      oidc_subject   text,
      created_at     timestamptz not null default now(),
      disabled_at    timestamptz,
      last_seen_at   timestamptz,
      unique (oidc_issuer, oidc_subject),
      check ((oidc_issuer is null) = (oidc_subject is null))
    );
    create unique index users_local on users (email) where oidc_issuer is null;
    create index users_listed on users (created_at desc, id desc);

    create table sessions (
      token_hash  text primary key,
      -- Both null: of the environment's key.
      user_id     text references users (id) on delete cascade,
      key_id      text references api_keys (id) on delete cascade,
      -- What idempotency keys count under.
      credential  text not null,
      created_at  timestamptz not null default now(),
      used_at     timestamptz not null default now(),
      expires_at  timestamptz not null,
      check (user_id is null or key_id is null)
    );
    create index sessions_of_user on sessions (user_id);
    create index sessions_of_key on sessions (key_id);
    create index sessions_age on sessions (expires_at);
    grant select, insert, update, delete on api_keys, users, sessions to mooring_app;

    -- As in 0001: another database of the cluster may make the role at the same moment.
    do $$ begin
      if not exists (select from pg_roles where rolname = 'mooring_tenant') then
        create role mooring_tenant nologin;
      end if;
    exception when duplicate_object or unique_violation then null;
    end $$;
    do $$
    declare acts text := case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end;
    begin
      if not pg_has_role('mooring_tenant', acts) then execute format('grant mooring_tenant to %I', current_user); end if;
    exception when unique_violation then null;
    end $$;
    grant usage on schema public to mooring_tenant;

    -- Null when nobody said: then nothing equals it.
    create function acting_tenant() returns text language sql stable
    return nullif(current_setting('mooring.tenant', true), '');

    -- Whether the domain is one that the role in force can see. Volatile: an event is written by the statement that makes
    -- its domain, and a stable function would look with the snapshot from before it.
    create function sees_domain(id text) returns boolean language plpgsql volatile
    as $$ begin return exists (select from public.domains d where d.id = $1); end $$;

    -- A tenant may claim any hostname, and must not read whose others are: their rows are reached one by one, by name.
    create function lock_hostname(wanted text) returns table (hostname text, era bigint)
    language sql volatile security definer set search_path = pg_catalog, pg_temp
    as $$
      insert into public.hostnames as h (hostname) values (wanted)
      on conflict (hostname) do update set era = h.era
      returning h.hostname, h.era
    $$;
    revoke execute on function lock_hostname from public;
    grant execute on function lock_hostname to mooring_app, mooring_tenant;

    -- Whose answer it is. The release before this one has no tenants' keys, so that its answers are nobody's.
    alter table idempotency_keys add column tenant text default acting_tenant();
  `.execute(db)

  const own = sql`tenant = acting_tenant()`
  const ofOwnDomain = sql`exists (select from domains d where d.id = domain_id)`
  const reservedByOwnOrder = sql`exists (
    select from certificates c, jsonb_to_recordset(c.reserved) as r (bucket text, key text)
    where c.status = 'ordering' and split_part(c.issuer, '/', 1) = ca_budgets.ca
      and r.bucket = ca_budgets.bucket and r.key = ca_budgets.key
  )`
  const opened: Opened[] = [
    { table: 'domains', may: 'select, insert, update', rows: own },
    { table: 'idempotency_keys', may: 'select, insert, update', rows: own },
    { table: 'events', may: 'select, insert, update', rows: ofOwnDomain, written: sql`sees_domain(domain_id)` },
    { table: 'attempts', may: 'select', rows: ofOwnDomain },
    { table: 'certificates', may: 'select, insert, update, delete', rows: ofOwnDomain },
    { table: 'challenges', may: 'select, delete', rows: ofOwnDomain },
    { table: 'routes', may: 'select, update', rows: ofOwnDomain },
    { table: 'consents', may: 'select, insert, delete', rows: ofOwnDomain },
    { table: 'edge_rejections', may: 'select', rows: ofOwnDomain },
    {
      table: 'dns_zones',
      may: 'select (id, name, tenant, account)',
      rows: sql`tenant is null or tenant = acting_tenant()`,
    },
    // A certificate of its own takes the place of an order, which gives back what it had reserved.
    {
      table: 'ca_budgets',
      may: 'select (ca, bucket, key, reserved), update (reserved)',
      rows: reservedByOwnOrder,
    },
    // Messages that nobody could take are nobody's: the list of jobs finds none.
    { table: 'dead_letters', may: 'select', rows: sql`false` },
  ]
  for (const one of opened) await open(db, one)
  await sql`
    -- Nobody's rows; how far the edges are with a route is counted from these columns.
    grant select, update (generation) on edge_pools to mooring_tenant;
    grant select (id, name, edge_pool, generation, last_seen_at) on edges to mooring_tenant;
    -- Closed: no right on it, and no policy for whoever might be given one by mistake.
    alter table hostnames enable row level security;
    create policy app on hostnames to mooring_app using (true) with check (true);
  `.execute(db)
}

interface Opened {
  table: string
  /** Privileges, as GRANT takes them. */
  may: string
  /** Which rows a tenant sees and may change. */
  rows: RawBuilder<unknown>
  /** Which rows it may write, where that is asked another way. */
  written?: RawBuilder<unknown>
}

async function open(db: Kysely<unknown>, { table, may, rows, written = rows }: Opened): Promise<void> {
  await sql`
    alter table ${sql.table(table)} enable row level security;
    create policy app on ${sql.table(table)} to mooring_app using (true) with check (true);
    create policy tenant on ${sql.table(table)} to mooring_tenant using (${rows}) with check (${written});
    grant ${sql.raw(may)} on ${sql.table(table)} to mooring_tenant;
  `.execute(db)
}
