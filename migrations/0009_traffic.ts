import { type Kysely, sql } from 'kysely'

/** Traffic per domain. Runs beside the release before it, which neither writes nor reads any of this. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- One row per name and minute for all edges together: a report is added once, see traffic_batches.
    create table domain_traffic (
      domain_id  text not null references domains (id) on delete cascade,
      minute     timestamptz not null,
      requests   bigint not null,
      bytes      bigint not null,
      status     bigint[] not null,
      latency    bigint[] not null,
      primary key (domain_id, minute)
    );
    -- For retention. Rows come in the order of time, so that a summary of each block finds the old ones.
    create index domain_traffic_age on domain_traffic using brin (minute);

    -- What an edge reported: the same piece of its log is not added twice.
    create table traffic_batches (
      edge_id      text not null references edges (id) on delete cascade,
      batch        text not null,
      received_at  timestamptz not null default now(),
      primary key (edge_id, batch)
    );
    create index traffic_batches_age on traffic_batches (received_at);

    -- For the one gauge that would read every domain.
    create index domains_renewal_failing on domains (id) where renewal_reason is not null and state = 'active';
  `.execute(db)
}
