import { SECOND } from '@mooring/core'
import type { AuditSealer } from '@mooring/postgres'

/** Makes one turn of sealing: whatever was written since the last one. */
export function createAuditTurn({
  sealer,
  signal,
}: {
  sealer: AuditSealer
  signal: AbortSignal
}): () => Promise<number> {
  return async () => {
    while (!signal.aborted && (await sealer.seal()) > 0);
    return SECOND
  }
}
