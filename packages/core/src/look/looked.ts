import type { Domain } from '../domain/domain.ts'
import type { StepContext } from '../lifecycle/step.ts'
import type { Resolver } from '../ports.ts'

/** What looking takes. */
export interface Look extends Pick<StepContext, 'resolver' | 'probe' | 'zones' | 'clock' | 'signal'> {
  policy: Pick<StepContext['policy'], 'edge'>
}

/** What is looked at; a diagnosis has no more of a domain than this. */
export type Looked = Pick<Domain, 'id' | 'hostname' | 'tenant' | 'verification' | 'tls'>

/** How a name is asked for: at every server, at one, or at a resolver. */
export type Ask = Resolver['lookup']
