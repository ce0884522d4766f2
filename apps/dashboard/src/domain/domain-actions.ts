import type { Role } from '../api/access.ts'

export interface DomainAction {
  name: string
  title: string
  /** What it does, for the question before. */
  does: string
  /** It interrupts service, or cannot be taken back. */
  isGrave?: boolean
  /** Done at once, without a question. */
  isHarmless?: boolean
  least: Role
  /** In which states it is offered; in all others the API refuses it. */
  states: readonly string[]
}

const BEFORE_ACTIVE = ['pending', 'verifying', 'verified', 'provisioning_cert']
const ALIVE = [...BEFORE_ACTIVE, 'active', 'suspended', 'failed']

/** What people ask of one domain (apps/api/src/routes/domain-actions.ts). */
export const DOMAIN_ACTIONS: readonly DomainAction[] = [
  {
    name: 'check',
    title: 'Check now',
    does: 'It is looked at now.',
    isHarmless: true,
    least: 'operator',
    states: [...BEFORE_ACTIVE, 'active', 'suspended', 'deprovisioning'],
  },
  {
    name: 'retry',
    title: 'Retry',
    does: 'It goes on where it failed, with fresh attempts.',
    isHarmless: true,
    least: 'operator',
    states: ['failed'],
  },
  {
    name: 'renew',
    title: 'Renew certificate',
    does: 'A new certificate is ordered now. It counts against the authority’s limits.',
    least: 'operator',
    states: ['active'],
  },
  {
    name: 'rotate-token',
    title: 'Rotate token',
    does: 'The customer has to add a new ownership record; the present one stays good for the grace of rotations.',
    least: 'operator',
    states: ALIVE,
  },
  {
    name: 'suspend',
    title: 'Suspend',
    does: 'Visitors see a holding page until it is resumed. The certificate is kept.',
    isGrave: true,
    least: 'operator',
    states: ['active'],
  },
  {
    name: 'resume',
    title: 'Resume',
    does: 'The holding page ends; one for lost ownership ends by proof alone.',
    least: 'operator',
    states: ['suspended'],
  },
  {
    name: 'restore',
    title: 'Restore',
    does: 'It proves its name anew and uses the certificate it has.',
    least: 'operator',
    states: ['deprovisioning', 'suspended'],
  },
]
