import type { Changes } from '@mooring/core'
import { type RawBuilder, sql } from 'kysely'

// Assignments to a row of `domains`. Each has one text whatever is in the changes: connections keep a plan per text.

/** What was found is true whoever decides what follows from it. */
export const facts = (changes: Changes): RawBuilder<unknown> => sql`
  ${findings(changes)},
  ownership_verified_at = coalesce(${changes.ownershipVerifiedAt ?? null}, domains.ownership_verified_at)`

/**
 * The same, where a newer intent overruled the outcome. The proof of a claim that holds nothing yet is left out: the
 * intent may have made its token anew, because another claim was first. It is looked for again at once.
 */
export const factsOfOverruled = (changes: Changes): RawBuilder<unknown> => sql`
  ${findings(changes)},
  ownership_verified_at = coalesce(
    case when domains.holds then ${changes.ownershipVerifiedAt ?? null}::timestamptz end, domains.ownership_verified_at
  )`

/** Findings of purposes that were not looked at stay. */
const findings = ({ dns, looks, routingVerifiedAt, ownershipMissedAt }: Changes): RawBuilder<unknown> => sql`
  dns = domains.dns || ${JSON.stringify(dns ?? {})}::jsonb,
  looks = coalesce(${looks ?? null}, domains.looks),
  routing_verified_at = coalesce(${routingVerifiedAt ?? null}, domains.routing_verified_at),
  ownership_missed_at = case
    when ${ownershipMissedAt !== undefined}::boolean then ${ownershipMissedAt ?? null}::timestamptz
    else domains.ownership_missed_at
  end,
  updated_at = now()`

export const decisions = (changes: Changes): RawBuilder<unknown> => sql`
  activated_at = coalesce(${changes.activatedAt ?? null}, domains.activated_at),
  delete_after = coalesce(${changes.deleteAfter ?? null}, domains.delete_after),
  verification = coalesce(
    ${changes.verification === undefined ? null : JSON.stringify(changes.verification)}::jsonb, domains.verification
  ),
  suspension = case
    when ${changes.suspension !== undefined}::boolean then ${changes.suspension ?? null}::text
    else domains.suspension
  end,
  holds = domains.holds and not ${changes.releasesHostname === true}::boolean`
