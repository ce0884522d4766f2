import { type Client, ProblemError } from '@mooring/client'
import { z } from 'zod'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { type Step, compare } from './compare.ts'
import type { Desired } from './desired.ts'
import { inTurns } from './in-turns.ts'
import { type Present, presentSchema } from './present.ts'

type Finding = { kind: 'step'; step: Step } | { kind: 'invalid'; lines: string[] }

/**
 * What is to be done, asked of the server without changing anything: a dry run judges each wish, and names the domain
 * that is there already. Throws `Failure` with everything that is wrong with any of them.
 */
export async function makePlan(client: Client, desired: Desired[], { prune }: { prune: boolean }): Promise<Step[]> {
  const findings = await inTurns(desired, (each) => find(client, each))
  const complaints = findings.flatMap((finding) => (finding.kind === 'invalid' ? finding.lines : []))
  if (complaints.length > 0)
    throw new Failure(EXIT.usage, ['The server refuses what is wanted:', ...complaints].join('\n'))
  const steps = findings.flatMap((finding) => (finding.kind === 'step' ? [finding.step] : []))
  return prune ? [...steps, ...(await surplus(client, steps))] : steps
}

async function find(client: Client, { place, body }: Desired): Promise<Finding> {
  const { hostname, tenant } = body
  try {
    await client.request({ method: 'POST', path: '/v1/domains?dry_run=true', body })
    return { kind: 'step', step: { kind: 'create', hostname, tenant, body } }
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    const { code, status, errors, problem } = error
    if (code === 'HOSTNAME_EXISTS' && problem.id !== null) {
      const answer = await client.request({ method: 'GET', path: `/v1/domains/${encodeURIComponent(problem.id)}` })
      return { kind: 'step', step: compare(body, presentSchema.parse(answer.body), answer.headers.get('etag')) }
    }
    if (status !== 422) throw error
    return { kind: 'invalid', lines: errors.map(({ path, message }) => `  ${place}.${path}: ${message}`) }
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
