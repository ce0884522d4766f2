/** UUIDv7 (RFC 9562 §5.7) of a time and a number, behind a prefix: sorted by time, and the same each time. */
export const SEED_IDS = `
  create function pg_temp.made_id(prefix text, at timestamptz, n bigint) returns text language sql immutable as $$
    select prefix || '_' || left(ms, 8) || '-' || right(ms, 4) || '-7' || substr(hash, 1, 3) || '-a' || substr(hash, 4, 3)
      || '-' || substr(hash, 7, 12)
    from (select lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') as ms, md5(prefix || n) as hash) as made
  $$`
