import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, use, useEffect, useState } from 'react'
import { followEvents, type LiveState } from './follow-events.ts'
import { createRefresher } from './refresh-queries.ts'

interface Live {
  state: LiveState
  isPaused: boolean
  setPaused(isPaused: boolean): void
}

const LiveContext = createContext<Live | null>(null)

const POLL_MS = 10_000

/** Keeps what is on the page fresh while somebody looks at it: by the stream of events, else by asking every ten seconds. */
export function LiveUpdates({ children }: { children: ReactNode }) {
  const client = useQueryClient()
  const [state, setState] = useState<LiveState>('polling')
  const [isPaused, setPaused] = useState(false)
  const isVisible = useVisibility()

  useEffect(() => {
    if (isPaused || !isVisible) return undefined
    const gone = new AbortController()
    const refresher = createRefresher(client)
    let now: LiveState = 'polling'
    const onState = (next: LiveState) => {
      now = next
      setState(next)
    }
    void followEvents({ onEvent: refresher.note, onState }, gone.signal)
    const poll = setInterval(() => {
      if (now !== 'live') refresher.noteAll()
    }, POLL_MS)
    return () => {
      gone.abort()
      refresher.stop()
      clearInterval(poll)
    }
  }, [client, isPaused, isVisible])

  return <LiveContext value={{ state: isPaused ? 'paused' : state, isPaused, setPaused }}>{children}</LiveContext>
}

export function useLive(): Live {
  const live = use(LiveContext)
  if (live === null) throw new Error('this part is outside LiveUpdates')
  return live
}

function useVisibility(): boolean {
  const [isVisible, setVisible] = useState(!document.hidden)
  useEffect(() => {
    const look = () => setVisible(!document.hidden)
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])
  return isVisible
}
