import { type Kysely, sql } from 'kysely'

/**
 * Events in an order that has no gaps, and webhooks to the platform.
 *
 * Ids are given out before they commit, so that a reader that remembers the highest one may pass over a row that commits
 * late. `tx` is the transaction that wrote the row: all below the oldest one still running are final, and a reader that
 * takes no others misses none. Rows from before this migration have none, and come first.
 *
 * Runs beside the release before it: what that writes gets its `tx` by default, and it reads nothing of the rest. The
 * column is added without its default first, so that no row is written anew.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table events add column tx xid8;
    alter table events alter column tx set default pg_current_xact_id();
    -- Without the rows of before: nothing to build.
    create index events_in_order on events (tx, id) where tx is not null;

    create table webhooks (
      id                      text primary key,
      url                     text not null,
      -- Whose domains it hears of; null hears of all.
      tenant                  text,
      -- Public event types; null for all.
      types                   text[],
      description             text not null default '',
      sealed_secret           jsonb not null,
      -- The one before, while both sign.
      previous_sealed_secret  jsonb,
      previous_until          timestamptz,
      -- It hears of what later transactions wrote.
      hears_from              xid8 not null default pg_current_xact_id(),
      disabled_at             timestamptz,
      disabled_because        text,
      created_at              timestamptz not null default now(),
      created_by              text not null,
      updated_at              timestamptz not null default now(),
      check ((previous_sealed_secret is null) = (previous_until is null)),
      check ((disabled_at is null) = (disabled_because is null))
    );
    create index webhooks_listed on webhooks (created_at desc, id desc);

    create table webhook_deliveries (
      id               text primary key,
      webhook_id       text not null references webhooks (id) on delete cascade,
      -- What is told in order: a domain's id; a test's own.
      line             text not null,
      -- Of the event; the order within the line.
      sequence         bigint not null,
      type             text not null,
      -- Not jsonb: what is signed is text, and stays as it was written.
      body             json not null,
      status           text not null default 'pending' check (status in ('pending', 'delivered', 'failed')),
      -- Tries since it was queued.
      attempt          integer not null default 0,
      -- Of the last try; and every try, newest last.
      request_headers  jsonb,
      tries            jsonb not null default '[]',
      created_at       timestamptz not null default now(),
      queued_at        timestamptz not null default now(),
      settled_at       timestamptz,
      unique (webhook_id, line, sequence)
    );
    create index webhook_deliveries_listed on webhook_deliveries (webhook_id, created_at desc, id desc);
    create index webhook_deliveries_age on webhook_deliveries (queued_at);
    create index webhook_deliveries_line on webhook_deliveries (line);
    create index webhook_deliveries_pending on webhook_deliveries (webhook_id, line, sequence) where status = 'pending';

    -- One row for each webhook and domain with something to tell: its first pending delivery goes next. Whoever adds to a
    -- line or takes from it holds its row, so that none is left waiting behind one that is gone.
    create table webhook_lines (
      webhook_id   text not null references webhooks (id) on delete cascade,
      line         text not null,
      next_run_at  timestamptz not null default now(),
      lease_token  bigint not null default 0,
      lease_until  timestamptz,
      primary key (webhook_id, line)
    );
    create index webhook_lines_due on webhook_lines (webhook_id, next_run_at);
    create index webhook_lines_in_hand on webhook_lines (webhook_id) where lease_until is not null;

    -- How far the events have been turned into deliveries: one row.
    create table webhook_cursor (
      is_it  boolean primary key default true check (is_it),
      tx     xid8 not null,
      id     bigint not null
    );
    insert into webhook_cursor (tx, id) values (pg_current_xact_id(), 0);
  `.execute(db)

  const ofOwnWebhook = sql`exists (select from webhooks w where w.id = webhook_id)`
  await open(db, 'webhooks', 'select, insert, update, delete', sql`tenant = acting_tenant()`)
  await open(db, 'webhook_deliveries', 'select, insert, update', ofOwnWebhook)
  await open(db, 'webhook_lines', 'select, insert, update', ofOwnWebhook)
}

/** To tenants, each to its own rows, as in 0004. */
async function open(db: Kysely<unknown>, table: string, may: string, rows: ReturnType<typeof sql>): Promise<void> {
  await sql`
    alter table ${sql.table(table)} enable row level security;
    create policy app on ${sql.table(table)} to mooring_app using (true) with check (true);
    create policy tenant on ${sql.table(table)} to mooring_tenant using (${rows}) with check (${rows});
    grant ${sql.raw(may)} on ${sql.table(table)} to mooring_tenant;
  `.execute(db)
}
