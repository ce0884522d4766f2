import type { Domain } from '../domain/domain.ts'
import type { NewSpan, RecordAnswer, SpanFacts, Transition } from '../ports.ts'
import type { Step } from './step.ts'

/** A step as a trace shows it: from when it begins until its outcome is stored. */
export const spanOfStep = (
  step: Step,
  { id, hostname, attempt }: Domain,
  { worker, parent }: { worker: string; parent: string | null },
): NewSpan => ({
  name: `step ${step.name}`,
  parent,
  facts: {
    'mooring.domain.id': id,
    'mooring.domain.hostname': hostname,
    'mooring.step': step.name,
    'mooring.attempt': attempt,
    'mooring.worker': worker,
  },
})

/** What the step came to. An outcome that did not stand is told by what overruled it. */
export function factsOfStep({ outcome, reason }: Transition, { kind }: RecordAnswer): SpanFacts {
  const code = outcome.kind === 'done' ? reason?.code : (reason ?? outcome.because).code
  return {
    'mooring.outcome': kind === 'recorded' ? outcome.kind : kind,
    ...(code === undefined ? {} : { 'mooring.code': code }),
  }
}
