import { Readable } from 'node:stream'
import { type AuditReader, chainLineOf, type ChainVerdict, recordLineOf, verifyChain } from '@mooring/core'
import { z } from 'zod'
import { principalOf } from '../access.ts'
import {
  auditEntryResource,
  auditEntrySchema,
  auditExport,
  auditQuery,
  chainVerdictSchema,
  isShownTo,
} from '../audit-schemas.ts'
import { createConcurrencyLimit } from '../concurrency-limit.ts'
import { pageOf, problems } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

/** Each reads and hashes chains from end to end. */
const AT_ONCE = 2
const RETRY_AFTER_SECONDS = 10

/** Who changed what. A tenant's key reads the chain of its tenant. */
export function auditRoutes(app: App, { auditFor }: Pick<RouteContext, 'auditFor'>): void {
  const limit = createConcurrencyLimit(AT_ONCE, RETRY_AFTER_SECONDS)
  const chainOf = z.strictObject({ tenant: auditQuery.shape.tenant })

  app.get(
    '/v1/audit',
    {
      config: { tenants: true },
      schema: {
        summary: 'Who changed what, newest first',
        tags: ['audit'],
        querystring: auditQuery,
        response: { 200: pageOf(auditEntrySchema), ...problems(422, 429) },
      },
    },
    async (request, reply) => {
      const { tenant: reader } = principalOf(request)
      const { limit: most, cursor = null, ...filter } = request.query
      const { data, nextCursor } = await auditFor(reader).list(filter, { limit: most, cursor })
      return reply.send({ data: data.map((entry) => auditEntryResource(entry, reader)), next_cursor: nextCursor })
    },
  )

  app.get(
    '/v1/audit/export',
    {
      config: { role: 'admin', tenants: true },
      schema: {
        summary: 'All sealed rows of all chains, or of one, as lines of JSON',
        description: 'With names and addresses, as far as they are not erased. The file can be verified by itself.',
        tags: ['audit'],
        querystring: chainOf,
        response: { 200: auditExport, ...problems(422, 429) },
      },
    },
    async (request, reply) => {
      const { tenant: reader } = principalOf(request)
      const lines = linesOf(auditFor(reader), { tenant: request.query.tenant ?? null, reader })
      return (
        reply
          .type('application/x-ndjson')
          .header('content-disposition', 'attachment; filename="audit.ndjson"')
          .header('cache-control', 'no-store')
          // What the schema calls text is sent as it is made.
          .send(Readable.from(lines, { highWaterMark: 64 }) as never)
      )
    },
  )

  app.get(
    '/v1/audit/verify',
    {
      config: { tenants: true },
      schema: {
        summary: 'Read all chains, or one, and say whether they are as they were written',
        description: `Takes a minute for some million rows. At most ${AT_ONCE} run at once for one key.`,
        tags: ['audit'],
        querystring: chainOf,
        response: { 200: z.object({ chains: z.array(chainVerdictSchema) }), ...problems(422, 429) },
      },
    },
    (request, reply) =>
      limit(request.credential, async () => {
        const verdicts = await verdictsOf(auditFor(principalOf(request).tenant), request.query.tenant ?? null)
        const chains = verdicts.map(({ brokenAt, ...verdict }) => ({ ...verdict, broken_at: brokenAt }))
        return reply.header('cache-control', 'no-store').send({ chains })
      }),
  )
}

async function* linesOf(
  reader: AuditReader,
  { tenant, reader: own }: { tenant: string | null; reader: string | null },
): AsyncGenerator<string> {
  for await (const chain of reader.chains(tenant)) {
    yield chainLineOf(chain)
    for await (const record of reader.records(chain)) {
      // The chain verifies without what is left out.
      yield recordLineOf(isShownTo(own, record.actor.tenant) ? record : { ...record, personal: null })
    }
  }
}

async function verdictsOf(reader: AuditReader, tenant: string | null): Promise<ChainVerdict[]> {
  const verdicts: ChainVerdict[] = []
  for await (const chain of reader.chains(tenant)) {
    const verdict = await verifyChain(chain, reader.records(chain))
    verdicts.push(verdict.ok ? verdict : await verdictAgain(reader, verdict))
  }
  return verdicts
}

/** Rows whose time was over may have been removed while the chain was read: then its beginning is another one now. */
async function verdictAgain(reader: AuditReader, verdict: ChainVerdict): Promise<ChainVerdict> {
  for await (const chain of reader.chains(verdict.tenant)) return verifyChain(chain, reader.records(chain))
  return verdict
}
