import { type Kysely, sql } from 'kysely'

/**
 * Budgets, renewal, several authorities, shared and imported certificates.
 *
 * Runs beside the release before it. Its workers know neither renewal nor budgets: what they leave at rest is due for its
 * renewal by the sweep, and what they order is not in the mirror, which keeps a fifth of every limit for such things.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- One row per bucket of an authority's limits; see core's certificate/admission.ts.
    create table ca_budgets (
      ca             text not null,
      bucket         text not null,
      key            text not null,
      tat            timestamptz not null default 'epoch',
      reserved       integer not null default 0,
      line           timestamptz not null default 'epoch',
      blocked_until  timestamptz not null default 'epoch',
      unpause_url    text,
      failures       integer not null default 0,
      primary key (ca, bucket, key)
    );
    create index ca_budgets_stopped on ca_budgets (key) where unpause_url is not null or blocked_until > 'epoch';

    create table ca_health (
      ca          text primary key,
      failures    integer not null default 0,
      down_since  timestamptz,
      probe_at    timestamptz
    );

    alter table certificates
      -- What the order under way took of the authority's limits: [{bucket, key, refillMs}].
      add column reserved       jsonb,
      -- What the authority suggested (RFC 9773), and when it is asked again.
      add column window_start   timestamptz,
      add column window_end     timestamptz,
      add column ask_again_at   timestamptz;
    create index certificates_by_end on certificates (status, not_after, id);

    -- A renewal is ordered while the certificate before it is in use.
    alter table challenges
      add column type            text not null default 'http-01',
      add column certificate_id  text references certificates (id) on delete cascade,
      -- Of a TXT record, which has no token: its row is called dns:, its certificate and a number.
      add column name            text,
      add column value           text,
      alter column key_authorization drop not null;
    create index challenges_of_certificate on challenges (certificate_id);

    alter table domains
      -- The two clocks of an active domain; next_run_at is the earlier one.
      add column reverify_at      timestamptz,
      add column renew_at         timestamptz,
      add column renewal_attempt  integer not null default 0,
      add column renewal_reason   jsonb;

    update domains d set
      reverify_at = next_run_at,
      renew_at = c.renew_at,
      next_run_at = least(next_run_at, c.renew_at)
    from certificates c
    where c.id = d.certificate_id and d.state = 'active' and d.step = 'reverify';
    create index domains_renewal_overslept on domains (renew_at) where state = 'active' and renew_at < next_run_at;

    -- The account's next key, while the authority is being told of it (RFC 8555 §7.3.5).
    alter table acme_accounts
      add column next_sealed_key  jsonb,
      add column deactivated_at   timestamptz;

    grant select, insert, update, delete on ca_budgets, ca_health to mooring_app;
  `.execute(db)
}
