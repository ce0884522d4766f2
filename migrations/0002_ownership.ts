import { type Kysely, sql } from 'kysely'

/**
 * Claims, managed zones, and what it takes to keep a domain for years.
 *
 * Runs beside the release before it, but for one thing: an API of that release refuses new registrations (500, nothing
 * is stored) from here on, because the index its insert names is gone. Replace APIs first. Its workers leave alone what
 * stands at a step they do not know; what they leave half done is put right by the sweep (see `createHousekeeping`).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table domains
      add column holds                boolean not null default false,
      -- Which era of the hostname its token was made in: an older one takes the name from nobody.
      add column claim_era            bigint not null default 0,
      add column takes_over_from      text,
      add column suspension           text,
      add column ownership_missed_at  timestamptz,
      add column revoke               boolean not null default false,
      -- When it became deprovisioned: retention counts from here.
      add column ended_at             timestamptz,
      -- When its personal fields were forgotten.
      add column erased_at            timestamptz;

    -- One row per hostname ever claimed. It outlives its claims: that a name was let go is remembered here.
    create table hostnames (
      hostname     text primary key,
      holder       text references domains (id) on delete set null,
      -- Raised whenever somebody takes the name; every other claim's token is made anew then.
      era          bigint not null default 0,
      taken_at     timestamptz,
      released_at  timestamptz
    );
    create index hostnames_holder on hostnames (holder) where holder is not null;

    -- A domain that was deleted or failed before it proved its name holds nothing.
    update domains set holds = true
    where state in ('verified', 'provisioning_cert', 'active')
       or (state in ('deprovisioning', 'failed') and ownership_verified_at is not null);
    insert into hostnames (hostname, holder, taken_at, released_at)
    select distinct on (hostname) hostname, case when holds then id end, ownership_verified_at,
           case when state = 'deprovisioned' then updated_at end
    from domains
    order by hostname, holds desc, created_at desc;
    update domains set verification = verification || jsonb_build_object(
      'routing', true, 'issuedAt', to_jsonb(created_at), 'previous', null
    );
    update domains set ended_at = updated_at where state = 'deprovisioned';

    drop index domains_hostname_held;
    create unique index domains_claimed_once on domains (hostname, tenant) where state <> 'deprovisioned';
    create unique index domains_held_once on domains (hostname) where holds;

    -- Claims may be many, but an edge serves one: publishing a route removes every other of its name.
    create unique index routes_served_once on routes (hostname, edge_pool) where variant <> 'removed';

    -- An active domain rests until its ownership is proved again: spread over the first day.
    update domains set step = 'reverify', next_run_at = now() + random() * interval '1 day'
    where state = 'active' and next_run_at is null;

    -- Other tenants that may have names below this one without a proof of their own.
    create table consents (
      domain_id   text not null references domains (id) on delete cascade,
      tenant      text not null,
      created_at  timestamptz not null default now(),
      primary key (domain_id, tenant)
    );

    -- Zones the platform controls. The credentials are write-only.
    create table dns_zones (
      id                  text primary key,
      name                text not null unique,
      tenant              text,
      account             jsonb not null,
      sealed_credentials  jsonb not null,
      created_at          timestamptz not null default now()
    );

    -- Whatever waits for something. A hundred thousand active names at rest have due times too, and are not in it.
    create index domains_waiting on domains (next_run_at, id)
      where next_run_at is not null
        and (reason is not null or state not in ('active', 'suspended', 'deprovisioned', 'failed'));
    -- What workers of the release before leave behind: at rest without a due time, and let go but still holding.
    create index domains_strays on domains (id)
      where (state = 'active' and next_run_at is null) or (state = 'deprovisioned' and holds);
    create index certificates_kept on certificates (parked_at) where parked_at is not null;
    create index domains_ended on domains (coalesce(ended_at, updated_at)) where state = 'deprovisioned';
    create index domains_unerased on domains (coalesce(ended_at, updated_at))
      where state = 'deprovisioned' and erased_at is null;
    -- Asked for by foreign keys whenever a certificate or a domain is deleted.
    create index domains_certificate on domains (certificate_id) where certificate_id is not null;
    create index routes_certificate on routes (certificate_id) where certificate_id is not null;
    create index edge_rejections_of_domain on edge_rejections (domain_id);
    create index attempts_age on attempts (finished_at) where outcome <> 'running';
    grant select, insert, update, delete on hostnames, consents, dns_zones to mooring_app;
  `.execute(db)
}
