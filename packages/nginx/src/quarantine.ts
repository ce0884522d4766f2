import type { KnownFaults } from './plan.ts'
import type { Site } from './site.ts'

/** A fault may have been the disk's or the moment's: the same content is tried again after this long. */
const RETRY_AFTER_MS = 5 * 60_000

/** Remembers contents that nginx refused, so that one bad vhost does not cost every apply a refused configuration. */
export class Quarantine implements KnownFaults {
  readonly #faults = new Map<string, { detail: string; until: number }>()

  add(site: Site, detail: string): void {
    this.#faults.set(site.fingerprint, { detail, until: performance.now() + RETRY_AFTER_MS })
  }

  faultOf({ fingerprint }: Site): string | null {
    const fault = this.#faults.get(fingerprint)
    if (fault === undefined) return null
    if (performance.now() < fault.until) return fault.detail
    this.#faults.delete(fingerprint)
    return null
  }
}
