import { type Kysely, sql } from 'kysely'

/**
 * Which trace a domain's work belongs to. Nothing is written where nothing is traced.
 *
 * Runs beside the release before it, which neither writes nor reads any of it: a step that it runs is missing in the trace.
 * No column of `domains`, since that release has prepared statements that return all of them, which a new one breaks.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table domain_traces (
      domain_id    text primary key references domains (id) on delete cascade,
      -- W3C: of the request, or of the first step, that the work until the domain's next rest belongs to.
      traceparent  text not null
    );
    grant select, insert, update, delete on domain_traces to mooring_app;

    -- As everywhere (0004): what a tenant asks for is told of its own domains.
    alter table domain_traces enable row level security;
    create policy app on domain_traces to mooring_app using (true) with check (true);
    create policy tenant on domain_traces to mooring_tenant
      using (exists (select from domains where id = domain_id)) with check (sees_domain(domain_id));
    grant select, insert, update on domain_traces to mooring_tenant;

    -- For a link from a step to its trace; written when the step has ended, as its span is.
    alter table attempts add column trace_id text;
  `.execute(db)
}
