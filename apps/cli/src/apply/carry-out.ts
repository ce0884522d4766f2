import { type Client, NoAnswerError, ProblemError, type Request } from '@mooring/client'
import type { AnyStep } from './compare.ts'
import type { ServiceFields } from './compare-service.ts'
import { inTurns } from './in-turns.ts'

/** A step, and what became of it; `refusal` is null when it was done, or when there was nothing to do. */
export interface Done {
  step: AnyStep
  refusal: string | null
}

/**
 * Does each step on its own: one that is refused keeps no other from being done. Run again, it goes on. Services come
 * before the domains, which are refused while theirs is not there.
 */
export async function carryOut(client: Client, steps: AnyStep[], reason: string | undefined): Promise<Done[]> {
  const carry = (some: AnyStep[]) =>
    inTurns(some, async (step) => ({ step, refusal: await refusalOf(client, step, reason) }))
  const services = await carry(steps.filter((step) => 'service' in step))
  return [...services, ...(await carry(steps.filter((step) => !('service' in step))))]
}

async function refusalOf(client: Client, step: AnyStep, reason: string | undefined): Promise<string | null> {
  if (step.kind === 'conflict')
    return `${step.fields.join(', ')} cannot be changed: delete the domain, and add it anew.`
  const request = requestOf(step)
  if (request === null) return null
  try {
    await client.request({ ...request, reason })
    return null
  } catch (error) {
    if (error instanceof ProblemError || error instanceof NoAnswerError) return error.message
    throw error
  }
}

function requestOf(step: AnyStep): Request | null {
  if ('service' in step) {
    const { kind, service, wanted } = step
    const path = `/v1/services/${encodeURIComponent(service)}`
    return kind === 'nothing' ? null : { method: 'PUT', path, body: bodyOf(wanted) }
  }
  switch (step.kind) {
    case 'create':
      return { method: 'POST', path: '/v1/domains', body: step.body }
    case 'change':
      // Only while it is as the plan was made for.
      return { method: 'PATCH', path: pathOf(step.id), body: step.body, ifMatch: step.etag ?? undefined }
    case 'restore':
      return { method: 'POST', path: `${pathOf(step.id)}/restore` }
    case 'delete':
      return { method: 'DELETE', path: pathOf(step.id) }
    case 'nothing':
    case 'conflict':
      return null
  }
}

const pathOf = (id: string): string => `/v1/domains/${encodeURIComponent(id)}`

/** The server takes no null for what a service does not have. */
const bodyOf = (wanted: ServiceFields): object =>
  Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== null))
