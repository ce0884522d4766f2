import { type Kysely, sql } from 'kysely'

/**
 * What people and keys changed, and nobody can change after them.
 *
 * A row is written in the transaction of its change and takes no lock. Later it is sealed: it gets its number in its
 * tenant's chain and the hash of itself and of the row before it. `mooring_app` may write rows, seal them once, and
 * nothing else; rows are removed by `prune_audit` alone, from a chain's beginning, and never before they are a day old.
 *
 * Runs beside the release before it, which does not know these tables.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table audit (
      id             bigint generated always as identity primary key,
      -- Rows of transactions that began to write before any that still runs come in an order that stays.
      tx             xid8 not null default pg_current_xact_id(),
      at             timestamptz(3) not null default clock_timestamp(),
      -- Whose chain: '' is the platform's own.
      tenant         text not null,
      actor_kind     text not null,
      actor_id       text not null,
      actor_tenant   text,
      action         text not null,
      outcome        text not null check (outcome in ('done', 'refused')),
      subject        text,
      before         jsonb,
      after          jsonb,
      request_id     text,
      seq            bigint,
      personal_hash  text,
      prev_hash      text,
      hash           text,
      check (num_nulls(seq, personal_hash, prev_hash, hash) in (0, 4))
    );
    create index audit_unsealed on audit (tx, id) where seq is null;
    create unique index audit_chain on audit (tenant, seq) where seq is not null;
    create index audit_of_tenant on audit (tenant, id);
    create index audit_of_actor on audit (actor_id, id);
    create index audit_of_subject on audit (subject, id);
    create index audit_of_action on audit (action, id);
    create index audit_age on audit using brin (at);

    -- What can be forgotten while the chain still verifies: it holds the hash of this, salt and all.
    create table audit_personal (
      audit_id  bigint primary key references audit (id) on delete cascade,
      at        timestamptz not null default now(),
      fields    jsonb not null
    );
    create index audit_personal_age on audit_personal using brin (at);

    create table audit_heads (
      tenant       text primary key,
      seq          bigint not null default 0,
      hash         text not null default repeat('0', 64),
      -- Up to here, rows were removed when their time was over.
      pruned_seq   bigint not null default 0,
      pruned_hash  text not null default repeat('0', 64)
    );

    revoke all on audit, audit_personal, audit_heads from mooring_app;
    grant select, insert, update (seq, personal_hash, prev_hash, hash) on audit to mooring_app;
    grant select, insert, delete on audit_personal to mooring_app;
    grant select, insert, update (seq, hash) on audit_heads to mooring_app;

    create function keep_sealed() returns trigger language plpgsql as $$
    begin
      raise exception 'an audit row is sealed once' using errcode = 'insufficient_privilege';
    end $$;
    create trigger audit_sealed_once before update on audit
      for each row when (old.seq is not null) execute function keep_sealed();
    create function keep_unsealed() returns trigger language plpgsql as $$
    begin
      raise exception 'an audit row is written unsealed' using errcode = 'insufficient_privilege';
    end $$;
    create trigger audit_written_unsealed before insert on audit
      for each row when (new.seq is not null) execute function keep_unsealed();

    -- Removes from the beginning of each chain what is older than "before" and older than a day; returns how many rows.
    create function prune_audit(before timestamptz, most integer) returns bigint
    language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp
    as $$
    declare
      cutoff timestamptz := least(before, now() - interval '1 day');
      chain text;
      last_seq bigint;
      last_hash text;
      removed bigint;
      total bigint := 0;
    begin
      for chain in
        select distinct old.tenant
        from (select a.tenant from audit a where a.at < cutoff and a.seq is not null limit most) old
        order by 1
      loop
        perform from audit_heads h where h.tenant = chain for update;
        select old.seq, old.hash into last_seq, last_hash
        from (
          select a.seq, a.hash, bool_and(a.at < cutoff) over (order by a.seq) as is_over
          from audit a where a.tenant = chain and a.seq is not null
          order by a.seq limit most
        ) old
        where old.is_over order by old.seq desc limit 1;
        continue when not found;
        update audit_heads h set pruned_seq = last_seq, pruned_hash = last_hash where h.tenant = chain;
        delete from audit a where a.tenant = chain and a.seq <= last_seq;
        get diagnostics removed = row_count;
        total := total + removed;
      end loop;
      return total;
    end $$;
    revoke execute on function prune_audit from public;
    grant execute on function prune_audit to mooring_app;

    -- A tenant reads its own chain.
    alter table audit enable row level security;
    alter table audit_personal enable row level security;
    alter table audit_heads enable row level security;
    create policy app on audit to mooring_app using (true) with check (true);
    create policy app on audit_personal to mooring_app using (true) with check (true);
    create policy app on audit_heads to mooring_app using (true) with check (true);
    create policy tenant on audit for select to mooring_tenant using (tenant = acting_tenant());
    create policy tenant on audit_personal for select to mooring_tenant
      using (exists (select from audit a where a.id = audit_id));
    create policy tenant on audit_heads for select to mooring_tenant using (tenant = acting_tenant());
    grant select on audit, audit_personal, audit_heads to mooring_tenant;
  `.execute(db)
}
