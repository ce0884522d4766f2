const ADVICE: Record<string, string> = {
  NO_ANSWER: 'Look at the API’s process and log. This page asks again by itself.',
  UNAUTHORIZED: 'Sign in again.',
  FORBIDDEN: 'Ask an administrator for a role that may do this, or sign in as somebody else.',
  ORIGIN_REFUSED: 'Open the dashboard at its own address (MOORING_PUBLIC_URL) and do it there.',
  NOT_FOUND: 'It may be gone, or this control plane is of a release that does not have it yet.',
  WRONG_STATE: 'Its state changed meanwhile. Look at it again.',
  SERVICE_IN_USE: 'The list of domains finds them by the service; retarget them first.',
  INVALID: 'Mend the fields that are named and send it again.',
  RATE_LIMITED: 'Wait a minute, then try again.',
  TOO_MANY_REQUESTS: 'Wait for what is running, then try again.',
  DATABASE_UNAVAILABLE: 'Nothing is lost: work goes on when the database is back. Look at Postgres.',
  BROKER_UNAVAILABLE: 'Work goes on by the scheduler’s sweeps. Look at RabbitMQ.',
  PAGE_FAULT: 'Load the page again. If it stays, report this sentence.',
}

/** What a person can do about a refusal. */
export function adviceFor(code: string, status: number): string {
  const advice = ADVICE[code]
  if (advice !== undefined) return advice
  return status >= 500 ? 'The request id finds the cause in the API’s log.' : 'Change the request and try again.'
}
