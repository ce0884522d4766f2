import { Button } from '@mantine/core'
import { ApiFault } from '../api/request.ts'
import type { Problem } from '../api/problem.ts'
import { adviceFor } from './advice-for.ts'

/** What kept something from being shown or done: its code, what to do about it, and the request to ask for in the log. */
export function ProblemCard({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { title, detail, code, errors = [], request_id: requestId, status } = problemOf(error)
  return (
    <div className="problem" role="alert">
      <strong>{title}</strong>
      <p>{detail}</p>
      {errors.length > 0 && (
        <ul>
          {errors.map(({ path, code: fieldCode, message }) => (
            <li key={`${path} ${fieldCode}`}>
              <code>{path}</code> {message}
            </li>
          ))}
        </ul>
      )}
      <p>{adviceFor(code, status)}</p>
      <p className="facts">
        <code>{code}</code>
        {requestId !== undefined && <code>{requestId}</code>}
      </p>
      {onRetry !== undefined && (
        <Button size="xs" variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  )
}

function problemOf(error: unknown): Problem {
  if (error instanceof ApiFault) return error.problem
  const detail = error instanceof Error ? error.message : String(error)
  return { status: 0, code: 'PAGE_FAULT', title: 'This page broke', detail }
}
