import { type Kysely, sql } from 'kysely'

/**
 * Services: upstream servers of the operator, which targets name in place of a URL.
 *
 * Runs beside the release before it, which writes no such target. `domains` is closed to writes while its index is made:
 * about ten seconds per million domains.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table services (
      name        text primary key,
      tenant      text,
      scheme      text not null,
      servers     jsonb not null,
      tls_name    text,
      health      jsonb,
      -- By edge pool: the generation in which its last change was published.
      published   jsonb not null,
      created_at  timestamptz not null default now(),
      updated_at  timestamptz not null default now()
    );

    -- The generation in which any of them was published last: an edge that has less gets all of them.
    create table service_publications (
      edge_pool   text primary key references edge_pools (name),
      generation  bigint not null
    );
    grant select, insert, update, delete on services, service_publications to mooring_app;

    -- Where the platform's own servers are is nothing a tenant reads; that its domains may use one is said below.
    alter table services enable row level security;
    create policy app on services to mooring_app using (true) with check (true);
    alter table service_publications enable row level security;
    create policy app on service_publications to mooring_app using (true) with check (true);

    -- For the list, newest first; and for whether a service is in use.
    create index domains_service on domains ((target ->> 'service'), created_at, id) where target ? 'service';
  `.execute(db)

  // A foreign key, which a part of a jsonb cannot have. The lock holds up whoever would delete the service, or take it from
  // this tenant, until this domain can be seen.
  await sql`
    create function require_service() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp
    as $$ begin
      perform from public.services s
      where s.name = new.target ->> 'service' and (s.tenant is null or s.tenant = new.tenant)
      for share;
      if not found then
        raise foreign_key_violation using
          constraint = 'domains_service',
          message = format('domain %s: no service %s is open to tenant %s', new.id, new.target ->> 'service', new.tenant);
      end if;
      return new;
    end $$;
    create trigger require_service before insert or update of target on domains
      for each row when (new.target ? 'service') execute function require_service();
  `.execute(db)
}
