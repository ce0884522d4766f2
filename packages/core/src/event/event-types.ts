/** What a platform is told of by webhook and in the stream, with what each means. */
export const EVENT_TYPES = {
  'domain.created': 'A claim of the hostname was registered.',
  'domain.action_required': 'The customer has to do something; `domain.reason` says what.',
  'domain.verified': 'The hostname is proved.',
  'domain.certificate_issued': 'The domain has its certificate.',
  'domain.active': 'Every live edge serves the domain.',
  'domain.suspended': 'The domain shows a holding page.',
  'domain.resumed': 'The domain is served again after a suspension.',
  'domain.moved': 'The hostname went from one account to another; told to both.',
  'domain.deprovisioned': 'The domain has left every edge, and its grace is over.',
  'domain.failed': 'The launch failed; it goes on when it is retried.',
  'ownership.rotation_started': 'There is a new token; the old one is good for a while.',
  'ownership.lost': 'The proof of ownership has been away for too long.',
  'certificate.renewed': 'Every live edge serves the renewed certificate.',
  'certificate.renewal_failed': 'The certificate could not be renewed; it is tried again.',
} as const

export type EventType = keyof typeof EVENT_TYPES

export const EVENT_TYPE_NAMES = Object.keys(EVENT_TYPES) as EventType[]

const isPublic = (type: string): type is EventType => Object.hasOwn(EVENT_TYPES, type)

/** An event as it is written with what it tells of. */
export interface RecordedEvent {
  type: string
  data: Record<string, unknown>
}

/** Under which name a platform is told of an event of ours; null when it is not. */
export function publicEventType({ type, data }: RecordedEvent): EventType | null {
  if (type === 'certificate.issued') return 'domain.certificate_issued'
  // Told as `domain.resumed`.
  if (type === 'domain.active' && data['from'] === 'suspended') return null
  // A failed domain goes back to where it was, and has been told of that.
  if (type !== 'domain.active' && data['because'] === 'retry') return null
  return isPublic(type) ? type : null
}
