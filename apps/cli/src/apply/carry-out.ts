import { type Client, NoAnswerError, ProblemError, type Request } from '@mooring/client'
import type { Step } from './compare.ts'
import { inTurns } from './in-turns.ts'

/** A step, and what became of it; `refusal` is null when it was done, or when there was nothing to do. */
export interface Done {
  step: Step
  refusal: string | null
}

/** Does each step on its own: one that is refused keeps no other from being done. Run again, it goes on. */
export function carryOut(client: Client, steps: Step[], reason: string | undefined): Promise<Done[]> {
  return inTurns(steps, async (step) => ({ step, refusal: await refusalOf(client, step, reason) }))
}

async function refusalOf(client: Client, step: Step, reason: string | undefined): Promise<string | null> {
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

function requestOf(step: Step): Request | null {
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
