import type { Domain } from '../domain/domain.ts'

/**
 * Who holds a hostname. Many tenants may claim one; the first to prove it holds it. Its name then moves only by a proof
 * that is newer than the holder's: whenever a name is taken, every other claim gets a fresh token, so that records
 * already in DNS take it from nobody.
 */
export interface Claims {
  isHeldByAnother(domain: Pick<Domain, 'id' | 'hostname'>): Promise<boolean>
  /**
   * The closest name above `hostname` that another tenant holds, and whether that tenant lets `tenant` have names below
   * it. `shares`: it is a wildcard of the platform that managed names below it are meant to use. Names that are not below
   * `floor` are not looked at.
   */
  holderAbove(
    domain: Pick<Domain, 'hostname' | 'tenant'>,
    options?: { floor?: string },
  ): Promise<{ hostname: string; consents: boolean; shares: boolean } | null>
  /** How far the claim is that took the hostname from this one; `none` when there is none any more. */
  successorOf(domain: Pick<Domain, 'id' | 'hostname'>): Promise<'launching' | 'serving' | 'none'>
}
