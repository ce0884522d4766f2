import { type Kysely, sql } from 'kysely'

/**
 * Lists that stay quick with a million domains, workers that can be drained, edges that can be set apart.
 *
 * Runs beside the release before it, which reads and writes none of this. Indexes are built while the table is closed
 * to writes: about ten seconds per million domains. An installation that cannot wait makes the same indexes beforehand,
 * by the same names, with CREATE INDEX CONCURRENTLY, which no transaction may do: `if not exists` then finds them here.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Whoever looks for a name reads these and not the table. Under row-level security LIKE cannot use the trigrams
    -- below (it is not leakproof), so that a tenant's search is a run through its own part of the second.
    create index if not exists domains_by_age on domains (created_at desc, id desc) include (hostname, tenant, state);
    create index if not exists domains_of_tenant on domains (tenant, created_at desc, id desc)
      include (hostname, state);
    drop index if exists domains_listed;
    create index if not exists domains_in_state on domains (state, created_at desc, id desc);
    drop index if exists domains_state;
    -- Equal keys are kept once: counting all states reads seven megabytes, not seven hundred.
    create index if not exists domains_by_state on domains (state);
    -- The few that are not at rest, also for counting them.
    create index if not exists domains_of_tenant_astir on domains (tenant, state, created_at desc, id desc)
      where state <> 'active';

    -- Whatever waits for something or failed: a few percent of all.
    create index if not exists domains_by_reason on domains ((reason ->> 'code'), created_at desc, id desc)
      where reason is not null;
    create index if not exists domains_by_actor on domains ((reason ->> 'actor'), created_at desc, id desc)
      where reason is not null;
    create index if not exists domains_troubled_of_tenant on domains (tenant, created_at desc, id desc)
      where reason is not null;
    create index if not exists domains_failed on domains (updated_at desc, id desc) where state = 'failed';
    create index if not exists domains_activated on domains (activated_at) include (created_at)
      where activated_at is not null;

    -- An index is read without its table only where vacuum has been: not after every fifth row has changed, but sooner.
    alter table domains set (
      autovacuum_vacuum_scale_factor = 0.02,
      autovacuum_vacuum_insert_scale_factor = 0.02,
      autovacuum_analyze_scale_factor = 0.02
    );

    -- For counting; lists have certificates_by_end.
    create index if not exists certificates_ends on certificates (not_after) where status = 'issued';

    create index if not exists dead_letters_by_time on dead_letters (at desc);

    -- A worker that is to finish what it has and take nothing new. It reads this with its heartbeat.
    alter table workers add column if not exists draining boolean not null default false;

    -- An edge that nobody waits for: it pulls its routes as ever, and what it has proved counts for nothing.
    alter table edges add column if not exists quarantined_at timestamptz;
    grant select (quarantined_at) on edges to mooring_tenant;
  `.execute(db)

  // Trigrams of names, beside the table that hardly changes: a domain's row is written dozens of times in a launch, and
  // each time all of its indexes. The extension comes with PostgreSQL, and whoever owns a database may make it there;
  // where it is missing all the same, a search for what few have reads all names.
  await sql`
    do $$ begin
      create extension if not exists pg_trgm;
    exception when others then
      raise notice 'no pg_trgm (%): searches for rare names read all of them', sqlerrm;
    end $$;
    do $$ begin
      if exists (select from pg_opclass where opcname = 'gin_trgm_ops') then
        create index if not exists hostnames_trigrams on hostnames using gin (hostname gin_trgm_ops);
      end if;
    end $$;
  `.execute(db)
}
