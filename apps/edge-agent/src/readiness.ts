import { type EdgeServer, SECOND } from '@mooring/core'
import { type Readiness, createReadiness } from '@mooring/runtime'
import type { Agent } from './agent.ts'

const SILENT_MS = 60 * SECOND

/**
 * An edge may get visitors once it has caught up with what there was at its start, and while its server serves that. The
 * control plane and a generation that cannot be applied are facts: such an edge serves everything it has, and a load
 * balancer that took it away would, when all edges share the trouble, take everything away.
 */
export const edgeReadiness = (
  agent: Pick<Agent, 'isReady' | 'heardAt' | 'progress'>,
  server: Pick<EdgeServer, 'isServing'>,
): (() => Promise<Readiness>) =>
  createReadiness({
    caught_up: {
      weight: 'required',
      look: () =>
        agent.isReady()
          ? { ok: true, found: 'has applied what there was at the start' }
          : { ok: false, found: 'has not yet applied what there was at the start' },
    },
    server: {
      weight: 'required',
      look: async () =>
        (await server.isServing())
          ? { ok: true, found: 'serves what was applied last' }
          : { ok: false, found: 'does not answer, or serves something older' },
    },
    generation: {
      weight: 'fact',
      look: () => {
        const { applied, wanted } = agent.progress()
        return { ok: applied >= wanted, found: `${applied} applied, ${wanted} wanted` }
      },
    },
    control_plane: {
      weight: 'fact',
      look: () => {
        const silentMs = silenceOf(agent)
        if (silentMs === null) return { ok: false, found: 'has not answered yet' }
        return { ok: silentMs < SILENT_MS, found: `answered ${Math.round(silentMs / SECOND)} s ago` }
      },
    },
  })

export function silenceOf({ heardAt }: Pick<Agent, 'heardAt'>): number | null {
  const at = heardAt()
  return at === null ? null : Date.now() - at.getTime()
}
