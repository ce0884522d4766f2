import { type AuthorityHealth, type AuthorityWatch, type Clock, HEALTHY, afterFailure, beginProbe } from '@mooring/core'

/** How authorities fare, in one process and on any clock. */
export function memoryAuthorityWatch(clock: Clock): AuthorityWatch {
  const known = new Map<string, AuthorityHealth>()
  const healthOf = (ca: string) => known.get(ca) ?? HEALTHY
  return {
    health: async (ca) => healthOf(ca),
    async beginProbe(ca) {
      const probing = beginProbe(healthOf(ca), clock.now())
      if (probing !== null) known.set(ca, probing)
      return probing !== null
    },
    async failed(ca) {
      const health = afterFailure(healthOf(ca), clock.now())
      known.set(ca, health)
      return health
    },
    answered: async (ca) => void known.delete(ca),
  }
}
