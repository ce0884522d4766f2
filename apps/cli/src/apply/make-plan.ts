import { type Client, ProblemError } from '@mooring/client'
import { z } from 'zod'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { type AnyStep, type Step, compare } from './compare.ts'
import type { ServiceStep } from './compare-service.ts'
import type { Desired, Wanted } from './desired.ts'
import { inTurns } from './in-turns.ts'
import { planServices, refusalOfTarget, serviceOf } from './plan-services.ts'
import { type Present, presentSchema } from './present.ts'

type Finding = { kind: 'step'; step: Step } | { kind: 'invalid'; lines: string[] }

/**
 * What is to be done, asked of the server without changing anything: a dry run judges each wish, and names the domain
 * that is there already. Throws `Failure` with everything that is wrong with any of them.
 */
export async function makePlan(client: Client, wanted: Wanted, { prune }: { prune: boolean }): Promise<AnyStep[]> {
  const services = await planServices(client, wanted.services)
  const findings = await inTurns(wanted.domains, (each) => find(client, each, services.steps))
  const complaints = [
    ...services.complaints,
    ...findings.flatMap((finding) => (finding.kind === 'invalid' ? finding.lines : [])),
  ]
  if (complaints.length > 0)
    throw new Failure(EXIT.usage, ['The server refuses what is wanted:', ...complaints].join('\n'))
  const steps = findings.flatMap((finding) => (finding.kind === 'step' ? [finding.step] : []))
  return [...services.steps, ...steps, ...(prune ? await surplus(client, steps) : [])]
}

async function find(client: Client, { place, body }: Desired, services: ServiceStep[]): Promise<Finding> {
  const { hostname, tenant } = body
  const service = serviceOf(body, services)
  const refusal = service === null ? null : refusalOfTarget(body, service)
  const lines = refusal === null ? [] : [`  ${place}.target.service: ${refusal}`]
  // The service may be there only once the plan is carried out: the server is asked about all the rest.
  const judged = service === null ? body : { ...body, target: { type: 'none' } }
  try {
    await client.request({ method: 'POST', path: '/v1/domains?dry_run=true', body: judged })
    if (lines.length > 0) return { kind: 'invalid', lines }
    return { kind: 'step', step: { kind: 'create', hostname, tenant, body } }
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    const { code, status, errors, problem } = error
    if (code === 'HOSTNAME_EXISTS' && problem.id !== null) {
      if (lines.length > 0) return { kind: 'invalid', lines }
      const answer = await client.request({ method: 'GET', path: `/v1/domains/${encodeURIComponent(problem.id)}` })
      return { kind: 'step', step: compare(body, presentSchema.parse(answer.body), answer.headers.get('etag')) }
    }
    if (status !== 422) throw error
    return {
      kind: 'invalid',
      lines: [...lines, ...errors.map(({ path, message }) => `  ${place}.${path}: ${message}`)],
    }
  }
}

const pageSchema = z.object({ data: z.array(presentSchema), next_cursor: z.string().nullable() })

/** What is there of the tenants that are spoken of, and is not wanted. */
async function surplus(client: Client, steps: Step[]): Promise<Step[]> {
  const wanted = new Set(steps.map(({ hostname, tenant }) => `${tenant} ${hostname.toLowerCase()}`))
  const found: Step[] = []
  for (const tenant of new Set(steps.map((step) => step.tenant))) {
    for await (const { id, hostname, state } of domainsOf(client, tenant)) {
      const isLeaving = state === 'deprovisioning' || state === 'deprovisioned'
      if (!isLeaving && !wanted.has(`${tenant} ${hostname}`)) found.push({ kind: 'delete', id, hostname, tenant })
    }
  }
  return found
}

async function* domainsOf(client: Client, tenant: string): AsyncGenerator<Present, void> {
  const query = new URLSearchParams({ tenant, limit: '200' })
  for (;;) {
    const { body } = await client.request({ method: 'GET', path: `/v1/domains?${query.toString()}` })
    const page = pageSchema.parse(body)
    yield* page.data
    if (page.next_cursor === null) return
    query.set('cursor', page.next_cursor)
  }
}
