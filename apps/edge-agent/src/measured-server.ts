import type { EdgeServer } from '@mooring/core'
import type { Meter } from '@mooring/runtime'

/** The server's `apply`, timed: from what is wanted to its proof. */
export async function measureApply(
  apply: () => ReturnType<EdgeServer['apply']>,
  meter: Meter,
): ReturnType<EdgeServer['apply']> {
  const startedAt = performance.now()
  const tell = (result: string) =>
    meter.observe('mooring_edge_apply_seconds', { result }, (performance.now() - startedAt) / 1000)
  try {
    const answer = await apply()
    tell('served')
    return answer
  } catch (error) {
    tell('failed')
    throw error
  }
}
