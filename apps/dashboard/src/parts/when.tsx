import { useEffect, useState } from 'react'
import { span } from './words.ts'

interface Props {
  at: string | null | undefined
  /** For no time. */
  none?: string
  /** For one that is over, where how long ago says nothing. */
  past?: string
}

/** A time as its distance from now, with the time itself on hover. Counts on by itself. */
export function When({ at, none = '–', past }: Props) {
  const now = useNow()
  if (at === null || at === undefined) return <span className="soft">{none}</span>
  const seconds = (new Date(at).getTime() - now) / 1000
  // The page's clock ticks once a second: what happened a moment ago may lie ahead of it.
  const text = seconds >= 1 ? `in ${span(seconds)}` : (past ?? (seconds > -1 ? 'now' : `${span(-seconds)} ago`))
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()} className="number">
      {text}
    </time>
  )
}

/** How long something has been going on. */
export function Since({ at }: { at: string }) {
  return <span className="number">{span((useNow() - new Date(at).getTime()) / 1000)}</span>
}

const listeners = new Set<(now: number) => void>()
let timer: ReturnType<typeof setInterval> | undefined

/** One clock for all times on the page, so that they tick together. */
function useNow(): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    listeners.add(setNow)
    timer ??= setInterval(() => {
      for (const listener of listeners) listener(Date.now())
    }, 1000)
    return () => {
      listeners.delete(setNow)
      if (listeners.size > 0) return
      clearInterval(timer)
      timer = undefined
    }
  }, [])
  return now
}
