import { type NewDomain, registerDomain, registrationSchema, type ServiceStore } from '@mooring/core'
import { z } from 'zod'
import { principalOf } from '../access.ts'
import { judgeRow, type Verdict, verdictSchema } from '../import-row.ts'
import { answerOnce } from '../idempotency.ts'
import { parseLines } from '../parse-lines.ts'
import { assertService, zoneFor } from '../plan-registration.ts'
import { toAppError } from '../problem.ts'
import { problems } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

const MOST_ROWS = 1000

/** Many registrations at once, each with a verdict of its own. */
export function domainImportRoutes(app: App, context: RouteContext): void {
  // A scope of its own: the other routes take JSON only.
  void app.register(async (scope: App) => {
    scope.addContentTypeParser<string>(
      'application/x-ndjson',
      { parseAs: 'string' },
      async (_request: unknown, text: string) => parseLines(text),
    )
    importRoute(scope, context)
  })
}

function importRoute(app: App, context: RouteContext): void {
  const { clock, settings } = context
  const { rules, tokenLifetimeMs } = settings
  const registration = registrationSchema(rules)

  app.post(
    '/v1/domains::bulk',
    {
      config: { tenants: true },
      schema: {
        summary: 'Launch many domains: a verdict for each row',
        description:
          `A JSON array, or a row per line as \`application/x-ndjson\`; at most ${MOST_ROWS} rows and 1 MB. Each row is what ` +
          '`POST /v1/domains` takes. One that is refused keeps no other from being launched. Without `priority` a row is `normal`.',
        tags: ['domains'],
        body: z.array(z.unknown()).min(1).max(MOST_ROWS).meta({ id: 'DomainImport' }),
        response: {
          200: z.object({ rows: z.array(verdictSchema), accepted: z.int(), refused: z.int() }),
          ...problems(400, 409, 413, 415, 422),
        },
      },
    },
    async (request, reply) => {
      const { tenant } = principalOf(request)
      const judged = request.body.map((row) => judgeRow(row, { registration, tenant }))
      const foreign = judged.filter((one) => !one.ok && one.verdict.code === 'FORBIDDEN').length
      if (foreign > 0) request.refusal = { rows_of_other_tenants: foreign }
      const wanted = judged.map((one) =>
        one.ok ? { ...registerDomain(one.value, { clock, tokenLifetimeMs }), requestId: request.id } : null,
      )
      // Not within an Idempotency-Key's transaction, which has a connection already.
      const refusedRows = await refusedBefore(wanted, context)
      return answerOnce(request, reply, context, async (store) => {
        const accepted = wanted.flatMap((one) => (one === null || refusedRows.has(one.id) ? [] : [one]))
        const answers = await store.createMany(accepted)
        const answerTo = new Map(accepted.map(({ id }, place) => [id, answers[place]]))
        const rows = judged.map((one, place): Verdict => {
          const line = place + 1
          if (!one.ok) return { line, id: null, ...one.verdict }
          const domain = wanted[place] as NewDomain
          const { hostname } = domain
          const refused = refusedRows.get(domain.id)
          if (refused !== undefined) return { line, status: 422, id: null, hostname, code: 'INVALID', errors: refused }
          const answer = answerTo.get(domain.id)
          if (answer?.kind === 'created') return { line, status: 202, id: domain.id, hostname, code: null }
          if (answer?.kind === 'exists') return { line, status: 409, id: answer.id, hostname, code: 'HOSTNAME_EXISTS' }
          const message = `There is no edge pool ${domain.edgePool}.`
          const errors = [{ path: 'edge_pool', code: 'EDGE_POOL_UNKNOWN', message }]
          return { line, status: 422, id: null, hostname, code: 'INVALID', errors }
        })
        const count = rows.filter(({ status }) => status === 202).length
        const launched = accepted.filter(({ id }) => answerTo.get(id)?.kind === 'created')
        const notes = Array.from(
          Map.groupBy(launched, ({ tenant: owner }) => owner),
          ([owner, domains]) => ({
            tenant: owner,
            after: { domains: domains.map(({ id, hostname }) => ({ id, hostname })) },
          }),
        )
        return { status: 200, body: { rows, accepted: count, refused: rows.length - count }, notes }
      })
    },
  )
}

type FieldErrors = NonNullable<Verdict['errors']>

/** By the id that the domain would have had: what is wrong with its service, or where a managed name lies in no zone. */
async function refusedBefore(
  wanted: readonly (NewDomain | null)[],
  { zoneStore, services }: Pick<RouteContext, 'zoneStore' | 'services'>,
): Promise<Map<string, FieldErrors>> {
  const refused = new Map<string, FieldErrors>()
  const known = askedOnce(services)
  for (const domain of wanted) {
    if (domain === null) continue
    try {
      await assertService(domain, known)
      await zoneFor(domain, zoneStore)
    } catch (error) {
      const known = toAppError(error)
      if (known.code !== 'INVALID') throw error
      refused.set(domain.id, known.facts['errors'] as FieldErrors)
    }
  }
  return refused
}

/** Many rows name few services. */
function askedOnce(services: Pick<ServiceStore, 'find'>): Pick<ServiceStore, 'find'> {
  const found = new Map<string, ReturnType<ServiceStore['find']>>()
  return {
    find(name) {
      const asked = found.get(name) ?? services.find(name)
      found.set(name, asked)
      return asked
    },
  }
}
