import { type Kysely, sql } from 'kysely'

/**
 * Two narrow tables beside `domains`, for what would otherwise be looked up in a million rows of a kilobyte each, and the
 * place where counts of everything are kept.
 *
 * Triggers keep the tables, so that whatever writes a domain, also the release before this one, keeps them too. They are
 * called for rows whose reason, state or certificate became another, which is seldom among the writes of a domain. No
 * foreign keys: each would look again for the row whose trigger it is.
 *
 * Runs beside the release before it, which reads none of this. Both tables are closed to writes while they are filled: about
 * ten seconds per million domains.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Domains that wait for something or failed, and whose turn it is.
    create table domain_troubles (
      domain_id  text primary key,
      code       text,
      actor      text
    );

    -- Domains whose certificate in use is issued, and when it ends.
    create table certificate_ends (
      domain_id       text primary key,
      certificate_id  text not null,
      tenant          text not null,
      state           text not null,
      not_before      timestamptz,
      not_after       timestamptz not null
    );

    -- What was counted of everything, and when.
    create table tallies (
      name   text primary key,
      at     timestamptz not null,
      facts  jsonb not null
    );
    grant select, insert, update, delete on domain_troubles, certificate_ends, tallies to mooring_app;

    -- As everywhere (0004): a tenant sees its own. The others are closed to it.
    alter table certificate_ends enable row level security;
    create policy app on certificate_ends to mooring_app using (true) with check (true);
    create policy tenant on certificate_ends to mooring_tenant using (tenant = acting_tenant());
    grant select on certificate_ends to mooring_tenant;
    alter table domain_troubles enable row level security;
    create policy app on domain_troubles to mooring_app using (true) with check (true);
    alter table tallies enable row level security;
    create policy app on tallies to mooring_app using (true) with check (true);
  `.execute(db)

  // Definers, for a tenant's own writes keep tables that it may not write.
  await sql`
    create function keep_trouble() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp
    as $$ begin
      if new.reason is null then
        delete from public.domain_troubles where domain_id = new.id;
      else
        insert into public.domain_troubles (domain_id, code, actor)
        values (new.id, new.reason ->> 'code', new.reason ->> 'actor')
        on conflict (domain_id) do update set code = excluded.code, actor = excluded.actor;
      end if;
      return null;
    end $$;

    -- The certificate's row is locked, so that its status cannot become another unseen.
    create function keep_certificate_end() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp
    as $$ begin
      if tg_op = 'UPDATE' and new.certificate_id is not distinct from old.certificate_id then
        update public.certificate_ends set state = new.state, tenant = new.tenant where domain_id = new.id;
        return null;
      end if;
      insert into public.certificate_ends as e (domain_id, certificate_id, tenant, state, not_before, not_after)
      select new.id, c.id, new.tenant, new.state, c.not_before, c.not_after
      from public.certificates c
      where c.id = new.certificate_id and c.status = 'issued' and c.not_after is not null
      for share
      on conflict (domain_id) do update
      set certificate_id = excluded.certificate_id, tenant = excluded.tenant, state = excluded.state,
          not_before = excluded.not_before, not_after = excluded.not_after;
      if not found then
        delete from public.certificate_ends where domain_id = new.id;
      end if;
      return null;
    end $$;

    -- A wildcard's is that of all who share it.
    create function keep_ends_of_certificate() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp
    as $$ begin
      if new.status = 'issued' and new.not_after is not null then
        insert into public.certificate_ends as e (domain_id, certificate_id, tenant, state, not_before, not_after)
        select d.id, new.id, d.tenant, d.state, new.not_before, new.not_after
        from public.domains d where d.certificate_id = new.id
        order by d.id
        on conflict (domain_id) do update
        set certificate_id = excluded.certificate_id, not_before = excluded.not_before, not_after = excluded.not_after;
      else
        delete from public.certificate_ends e using public.domains d
        where d.certificate_id = new.id and e.domain_id = d.id and e.certificate_id = new.id;
      end if;
      return null;
    end $$;

    create function forget_domain() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp
    as $$ begin
      delete from public.domain_troubles where domain_id = old.id;
      delete from public.certificate_ends where domain_id = old.id;
      return null;
    end $$;
    revoke execute on function keep_trouble, keep_certificate_end, keep_ends_of_certificate, forget_domain from public;

    create trigger trouble_of_new after insert on domains
      for each row when (new.reason is not null) execute function keep_trouble();
    create trigger trouble after update of reason on domains
      for each row when (
        old.reason ->> 'code' is distinct from new.reason ->> 'code'
        or old.reason ->> 'actor' is distinct from new.reason ->> 'actor'
      ) execute function keep_trouble();
    create trigger certificate_end_of_new after insert on domains
      for each row when (new.certificate_id is not null) execute function keep_certificate_end();
    create trigger certificate_end after update of certificate_id, state, tenant on domains
      for each row when (
        old.certificate_id is distinct from new.certificate_id
        or new.certificate_id is not null and (old.state <> new.state or old.tenant <> new.tenant)
      ) execute function keep_certificate_end();
    create trigger ends after update of status, not_before, not_after on certificates
      for each row when (
        old.status <> new.status or old.not_before is distinct from new.not_before
        or old.not_after is distinct from new.not_after
      ) execute function keep_ends_of_certificate();
    create trigger forgotten after delete on domains for each row execute function forget_domain();
  `.execute(db)

  await sql`
    insert into domain_troubles (domain_id, code, actor)
    select id, reason ->> 'code', reason ->> 'actor' from domains where reason is not null;
    insert into certificate_ends (domain_id, certificate_id, tenant, state, not_before, not_after)
    select d.id, c.id, d.tenant, d.state, c.not_before, c.not_after
    from domains d join certificates c on c.id = d.certificate_id
    where c.status = 'issued' and c.not_after is not null
    order by d.id;

    create index domain_troubles_by_reason on domain_troubles (code, actor);
    create index certificate_ends_by_time on certificate_ends (not_after, domain_id);
    create index certificate_ends_of_tenant on certificate_ends (tenant, not_after, domain_id) include (state);
    create index certificate_ends_in_state on certificate_ends (state, not_after, domain_id)
      include (certificate_id, not_before);

    -- Read for a name's first letters in any collation; the key itself serves them in "C" only.
    create index hostnames_by_letters on hostnames (hostname text_pattern_ops);
    analyze domain_troubles, certificate_ends;

    -- A tenant has no part in the table of all names, and may search its own by the same indexes: those of its names that hold
    -- the text (a pattern for LIKE), or begin with it if there is no pattern. Null when more than so many names of all do.
    create function own_names(wanted text, pattern text, most integer) returns text[]
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp
    as $$
    declare
      found text[];
    begin
      if pattern is null then
        found := array(
          select h.hostname from public.hostnames h
          where h.hostname ~>=~ wanted and h.hostname ~<~ (wanted || chr(1114111)) limit most + 1
        );
      else
        found := array(select h.hostname from public.hostnames h where h.hostname like pattern limit most + 1);
      end if;
      if cardinality(found) > most then return null; end if;
      return array(
        select d.hostname from public.domains d
        where d.hostname = any(found) and d.tenant = public.acting_tenant()
      );
    end $$;
    revoke execute on function own_names from public;
    grant execute on function own_names to mooring_tenant;
  `.execute(db)
}
