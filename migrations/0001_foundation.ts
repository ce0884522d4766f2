import { type Kysely, sql } from 'kysely'

/**
 * The first schema. Every process acts as `mooring_app`, which owns nothing; the login role may be a superuser.
 *
 * Times that decide who may work (leases, due times, hints) are compared with the database's clock only.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table edge_pools (
      name        text primary key,
      generation  bigint not null default 0
    );
    insert into edge_pools (name) values ('default');

    create table domains (
      id                     text primary key,
      hostname               text not null,
      tenant                 text not null,
      state                  text not null,
      step                   text not null,
      reason                 jsonb,
      attempt                integer not null default 0,
      looks                  integer not null default 0,
      gen                    bigint not null default 1,
      lane                   text not null,
      next_run_at            timestamptz,
      hinted_until           timestamptz,
      lease_token            bigint not null default 0,
      lease_until            timestamptz,
      leased_by              text,
      target                 jsonb not null,
      verification           jsonb not null,
      tls                    jsonb not null,
      edge_pool              text not null references edge_pools (name),
      dns                    jsonb not null default '{}',
      certificate_id         text,
      route_generation       bigint,
      metadata               jsonb not null default '{}',
      immediate              boolean not null default false,
      delete_after           timestamptz,
      ownership_verified_at  timestamptz,
      routing_verified_at    timestamptz,
      activated_at           timestamptz,
      created_at             timestamptz not null default now(),
      updated_at             timestamptz not null default now()
    );
    -- One claim per hostname; a released name is free again.
    create unique index domains_hostname_held on domains (hostname) where state <> 'deprovisioned';
    create index domains_hostname on domains (hostname, created_at desc);
    create index domains_due on domains (next_run_at) where next_run_at is not null;
    -- Each tenant's own queue, for a fair turn.
    create index domains_due_of_tenant on domains (tenant, next_run_at, id) where next_run_at is not null;
    -- What workers hold or are about to: small, whatever the number of domains.
    create index domains_in_hand on domains (tenant) where lease_until is not null or hinted_until is not null;
    create index domains_listed on domains (created_at desc, id desc);
    create index domains_state on domains (state, created_at desc);

    create table events (
      id         bigint generated always as identity primary key,
      domain_id  text not null references domains (id) on delete cascade,
      at         timestamptz not null default now(),
      type       text not null,
      actor      text not null,
      data       jsonb not null default '{}'
    );
    create index events_of_domain on events (domain_id, id desc);

    create table attempts (
      id           bigint generated always as identity primary key,
      domain_id    text not null references domains (id) on delete cascade,
      lease_token  bigint not null,
      step         text not null,
      worker       text not null,
      started_at   timestamptz not null default clock_timestamp(),
      finished_at  timestamptz,
      outcome      text not null default 'running',
      code         text,
      detail       text
    );
    create index attempts_of_domain on attempts (domain_id, id desc);
    create index attempts_running on attempts (domain_id) where outcome = 'running';

    create table certificates (
      id          text primary key,
      domain_id   text not null references domains (id),
      issuer      text not null,
      status      text not null,
      sealed_key  jsonb not null,
      csr         bytea not null,
      order_url   text,
      chain_pem   text,
      serial      text,
      not_before  timestamptz,
      not_after   timestamptz,
      renew_at    timestamptz,
      parked_at   timestamptz,
      created_at  timestamptz not null default now(),
      check (status <> 'issued' or chain_pem is not null)
    );
    -- One need, one order: a second worker finds the first one's row instead of opening its own.
    create unique index certificates_ordering on certificates (domain_id) where status = 'ordering';
    create index certificates_of_domain on certificates (domain_id);
    alter table domains add foreign key (certificate_id) references certificates (id);

    create table challenges (
      token              text primary key,
      domain_id          text not null references domains (id) on delete cascade,
      hostname           text not null,
      key_authorization  text not null,
      created_at         timestamptz not null default now()
    );
    create index challenges_of_domain on challenges (domain_id);

    create table acme_accounts (
      directory_url  text primary key,
      sealed_key     jsonb not null,
      account_url    text,
      created_at     timestamptz not null default now()
    );

    -- Desired state of the edges. A removed route stays as a row, so that an edge that was away learns of it.
    create table routes (
      domain_id       text primary key references domains (id) on delete cascade,
      hostname        text not null,
      edge_pool       text not null references edge_pools (name),
      generation      bigint not null,
      variant         text not null,
      target          jsonb not null,
      certificate_id  text references certificates (id),
      check ((variant = 'https') = (certificate_id is not null))
    );
    create index routes_by_generation on routes (edge_pool, generation);

    create table edges (
      id             text primary key,
      name           text not null unique,
      edge_pool      text not null references edge_pools (name),
      token_hash     text not null unique,
      registered_at  timestamptz not null default now(),
      last_seen_at   timestamptz,
      generation     bigint not null default 0,
      server         text
    );

    create table edge_rejections (
      edge_id     text not null references edges (id) on delete cascade,
      domain_id   text not null references domains (id) on delete cascade,
      generation  bigint not null,
      detail      text not null,
      primary key (edge_id, domain_id)
    );

    create table workers (
      name        text primary key,
      slots       integer not null,
      started_at  timestamptz not null default now(),
      seen_at     timestamptz not null default now()
    );

    create table idempotency_keys (
      key           text primary key,
      request_hash  text not null,
      status        integer not null,
      headers       jsonb not null,
      body          jsonb not null,
      created_at    timestamptz not null default now()
    );
    create index idempotency_keys_age on idempotency_keys (created_at);

    -- Written with the transition that failed, read and deleted by the leader that groups them.
    create table notice_outbox (
      id         bigint generated always as identity primary key,
      at         timestamptz not null default now(),
      group_key  text not null,
      domain_id  text not null,
      hostname   text not null,
      reason     jsonb not null
    );
    create table notice_groups (
      group_key     text primary key,
      window_until  timestamptz not null,
      held          integer not null default 0,
      sample        jsonb not null
    );
    create index notice_groups_window on notice_groups (window_until);
    -- Domains a group has told or counted: one that fails again is not one more.
    create table notice_members (
      group_key  text not null references notice_groups (group_key) on delete cascade,
      domain_id  text not null,
      primary key (group_key, domain_id)
    );

    create table deliveries (
      id           text primary key,
      channel      text not null,
      body         jsonb not null,
      attempt      integer not null default 0,
      next_run_at  timestamptz default now(),
      lease_token  bigint not null default 0,
      lease_until  timestamptz,
      delivered_at timestamptz,
      last_error   text,
      created_at   timestamptz not null default now()
    );
    create index deliveries_due on deliveries (next_run_at) where next_run_at is not null;

    create table dead_letters (
      id         bigint generated always as identity primary key,
      at         timestamptz not null default now(),
      queue      text not null,
      code       text not null,
      detail     text not null,
      excerpt    text not null,
      bytes      integer not null
    );

    -- Roles belong to the cluster: a migration of another of its databases may make this one at the same moment.
    do $$ begin
      if not exists (select from pg_roles where rolname = 'mooring_app') then create role mooring_app nologin; end if;
    exception when duplicate_object or unique_violation then null;
    end $$;
    -- Since PostgreSQL 16 a member may SET ROLE only if its grant says so, and the one implied by CREATE ROLE does not.
    do $$
    declare acts text := case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end;
    begin
      if not pg_has_role('mooring_app', acts) then execute format('grant mooring_app to %I', current_user); end if;
    exception when unique_violation then null;
    end $$;
    grant usage on schema public to mooring_app;
    grant select, insert, update, delete on all tables in schema public to mooring_app;
    alter default privileges in schema public grant select, insert, update, delete on tables to mooring_app;
  `.execute(db)
}
