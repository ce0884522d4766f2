import type { Reason } from '../api/domain.ts'
import { WHO } from './words.ts'

/** A reason, or a dead letter told as one. */
type Told = Omit<Reason, 'code'> & { code: string }

/** Why something waits or failed, who must act, and what was found instead of what is needed. */
export function ReasonText({ reason }: { reason: Told }) {
  return (
    <div className="reason">
      <div>{reason.message}</div>
      <div className="facts">
        <span className={`actor ${reason.actor}`}>{WHO[reason.actor] ?? reason.actor}</span>
        <code>{reason.code}</code>
        {isNews(reason) && <span>Expected: {reason.expected?.join(', ') || 'nothing'}</span>}
        {reason.observed !== undefined && <span>Found: {reason.observed.join(', ') || 'nothing'}</span>}
      </div>
    </div>
  )
}

/** Whether what is expected is not in the sentence already: a token need not be read twice. */
const isNews = ({ message, expected }: Told): boolean =>
  expected !== undefined && !(expected.length > 0 && expected.every((value) => message.includes(value)))
