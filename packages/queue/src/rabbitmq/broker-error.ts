/** AMQP 0-9-1 reply codes (§1.1, constants) that an operator can do something about. */
const ADVICE: Record<number, string> = {
  403: 'The broker refuses this user. Look at the credentials of AMQP_URL and the permissions of the virtual host.',
  404: 'A queue or an exchange was deleted. It is declared again.',
}

/** A queue or exchange stands with other arguments than ours: waiting does not help, a person must act. */
const DECLARED_OTHERWISE = /PRECONDITION_FAILED - (inequivalent arg [^"]*)/

/** One sentence for the log about what amqplib and sockets throw. */
export function explainBrokerError(error: unknown): string {
  if (!(error instanceof Error)) return `The broker cannot be used: ${String(error)}`
  const declaredOtherwise = DECLARED_OTHERWISE.exec(error.message)?.[1]
  if (declaredOtherwise !== undefined) {
    return (
      'The broker holds a queue or exchange of ours with other arguments than this release declares. Delete it once it ' +
      `is empty, or give this release names of its own. (${declaredOtherwise})`
    )
  }
  const code = 'code' in error ? error.code : undefined
  const advice = typeof code === 'number' ? ADVICE[code] : undefined
  return advice ?? `The broker cannot be used: ${error.message || String(code)}`
}
