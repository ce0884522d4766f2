import type { Claims } from '@mooring/core'
import { sql } from 'kysely'
import type { Database } from './database.ts'

export function createClaims({ kysely }: Database): Claims {
  return {
    async isHeldByAnother({ id, hostname }) {
      const { rows } = await sql`
        select from hostnames where hostname = ${hostname} and holder <> ${id}`.execute(kysely)
      return rows.length > 0
    },

    async holderAbove({ hostname, tenant }, { floor } = {}) {
      const { rows } = await sql<{ hostname: string; consents: boolean; shares: boolean }>`
        select hostname,
          exists (select from consents where domain_id = domains.id and consents.tenant = ${tenant}) as consents,
          coalesce(tls -> 'shared' = 'true', false) as shares
        from domains
        where holds and hostname = any(${namesAbove(hostname, floor)}) and tenant <> ${tenant}
        order by length(hostname) desc
        limit 1`.execute(kysely)
      return rows[0] ?? null
    },

    async successorOf({ id, hostname }) {
      const { rows } = await sql<{ leaves: boolean; serves: boolean }>`
        select d.state in ('deprovisioning', 'deprovisioned') as leaves,
          exists (select from routes r where r.domain_id = d.id and r.variant <> 'removed') as serves
        from hostnames h join domains d on d.id = h.holder
        where h.hostname = ${hostname} and h.holder <> ${id}`.execute(kysely)
      const successor = rows[0]
      if (successor === undefined || successor.leaves) return 'none'
      return successor.serves ? 'serving' : 'launching'
    },
  }
}

/**
 * The names whose holder has a say about this one, each with the wildcard beside it: `a.b.example` lies below
 * `*.b.example`, `b.example`, `*.example` and `example`.
 */
function namesAbove(hostname: string, floor: string | undefined): string[] {
  const labels = hostname.split('.')
  const parents = labels.slice(1).map((_, i) => labels.slice(i + 1).join('.'))
  const names = parents.flatMap((parent) => [`*.${parent}`, parent]).filter((name) => name !== hostname)
  return floor === undefined ? names : names.filter((name) => name.endsWith(`.${floor}`))
}
