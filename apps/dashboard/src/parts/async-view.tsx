import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ProblemCard } from './problem-card.tsx'

interface Props<Data> {
  query: UseQueryResult<Data>
  children: (data: Data) => ReactNode
}

/** Waiting, refused, or there. What was read before stays on the page while a refresh fails. */
export function AsyncView<Data>({ query, children }: Props<Data>) {
  const { data, error, isPending, refetch } = query
  if (isPending) {
    return (
      <div className="loading" role="status">
        Loading…
      </div>
    )
  }
  return (
    <>
      {error !== null && <ProblemCard error={error} onRetry={() => void refetch()} />}
      {data !== undefined && children(data)}
    </>
  )
}
