import { type Kysely, sql } from 'kysely'

/**
 * Notices with recovery, escalation, silences and caps, and mails to customers.
 *
 * Runs beside the release before it. Its scheduler groups by code alone and forgets a group whose window ended quietly;
 * what it writes has no `code`, and is told by its key. Its deliveries are due like any other.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table notice_groups
      add column code         text,
      add column scope        text not null default 'tenant',
      add column subject      text,
      add column since        timestamptz not null default now(),
      -- All that were counted since then.
      add column domains      integer not null default 0,
      add column clear_since  timestamptz,
      add column escalated    integer not null default 0,
      -- When it is looked at whether a member still has the trouble.
      add column check_at     timestamptz not null default now();
    create index notice_groups_held on notice_groups (window_until) where held > 0;
    create index notice_groups_check on notice_groups (check_at);
    drop index notice_groups_window;
    alter table notice_members add column at timestamptz not null default now();

    create table silences (
      id          text primary key,
      code        text,
      tenant      text,
      until       timestamptz not null,
      why         text not null,
      created_by  text not null,
      created_at  timestamptz not null default now(),
      -- When what it held back was told.
      told_at     timestamptz
    );
    create index silences_untold on silences (until) where told_at is null;

    -- What was decided to be told; how it went is in the deliveries.
    create table notices (
      id          text primary key,
      at          timestamptz not null default now(),
      kind        text not null,
      code        text not null,
      scope       text not null,
      subject     text,
      group_key   text not null,
      count       integer not null,
      is_urgent   boolean not null,
      text        text not null,
      -- Held back, and told in sum when the silence is over.
      silence_id  text references silences (id) on delete set null
    );
    create index notices_listed on notices (at desc, id desc);
    create index notices_silenced on notices (silence_id) where silence_id is not null;

    -- One row per notice and channel; without a delivery while the channel has to be left alone.
    create table notice_tellings (
      notice_id    text not null references notices (id) on delete cascade,
      channel      text not null,
      delivery_id  text references deliveries (id) on delete cascade,
      primary key (notice_id, channel)
    );
    create index notice_tellings_waiting on notice_tellings (channel) where delivery_id is null;
    create index notice_tellings_of_delivery on notice_tellings (delivery_id);

    -- How often each channel may be written to, whichever scheduler does; see core's notification/pace-channel.ts.
    create table notice_channels (
      channel       text primary key,
      tat           timestamptz not null default 'epoch',
      window_until  timestamptz not null default 'epoch',
      told          integer not null default 0,
      ready_at      timestamptz not null default 'epoch'
    );

    create table contacts (
      id          text primary key,
      tenant      text not null,
      domain_id   text references domains (id) on delete cascade,
      email       text not null,
      locale      text not null default 'en',
      -- Signs the links in its mails.
      secret      text not null,
      created_at  timestamptz not null default now()
    );
    create unique index contacts_of on contacts (tenant, domain_id) nulls not distinct;
    create table unsubscribes (
      contact_id  text not null references contacts (id) on delete cascade,
      topic       text not null,
      at          timestamptz not null default now(),
      primary key (contact_id, topic)
    );

    -- What a customer is told of one domain, once; the mark tells one rotation from the next.
    create table customer_tellings (
      domain_id    text not null references domains (id) on delete cascade,
      topic        text not null,
      mark         text not null,
      contact_id   text not null references contacts (id) on delete cascade,
      at           timestamptz not null default now(),
      delivery_id  text,
      told_at      timestamptz,
      primary key (domain_id, topic, mark)
    );
    create index customer_tellings_waiting on customer_tellings (contact_id, topic, at) where told_at is null;
    create index customer_tellings_told on customer_tellings (contact_id, topic, told_at) where told_at is not null;

    -- The few active domains of which a customer may have to hear.
    create index domains_customer_matter on domains (tenant)
      where state in ('active', 'suspended')
        and (ownership_missed_at is not null or renewal_reason is not null or verification -> 'previous' ->> 'token' is not null);
  `.execute(db)
}
