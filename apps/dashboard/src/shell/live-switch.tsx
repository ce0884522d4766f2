import { useLive } from '../live/live-updates.tsx'
import type { LiveState } from '../live/follow-events.ts'
import { Icon } from '../parts/icon.tsx'

const MEANS: Record<LiveState, [label: string, title: string]> = {
  live: ['Live', 'Changes appear as they happen.'],
  polling: ['Every 10 s', 'There is no stream of events: the page asks every ten seconds.'],
  paused: ['Paused', 'Nothing changes on the page until you go on.'],
  lost: ['No connection', 'The API does not answer; the page goes on trying.'],
}

/** Whether the page follows what happens; a press holds it still. */
export function LiveSwitch() {
  const { state, isPaused, setPaused } = useLive()
  const [label, title] = MEANS[state]
  return (
    <button
      type="button"
      className={`live ${state}`}
      title={title}
      aria-pressed={isPaused}
      aria-label={`${label}. ${isPaused ? 'Go on' : 'Pause'}`}
      onClick={() => setPaused(!isPaused)}
    >
      <i aria-hidden="true" />
      <span>{label}</span>
      <Icon name={isPaused ? 'play' : 'pause'} />
    </button>
  )
}
