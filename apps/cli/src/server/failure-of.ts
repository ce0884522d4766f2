import { NoAnswerError, ProblemError, StateError } from '@mooring/client'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { Failure } from '../failure.ts'

/** What a call that went wrong means for the command, in the server's own words; anything else as it came. */
export function failureOf(error: unknown): unknown {
  if (error instanceof ProblemError) return new Failure(codeOf(error.status), error.message)
  if (error instanceof NoAnswerError) return new Failure(EXIT.unknown, `${error.message}.`)
  if (error instanceof StateError) return new Failure(error.isTimeout ? EXIT.unknown : EXIT.wrong, error.message)
  return error
}

function codeOf(status: number): ExitCode {
  if (status === 400 || status === 422) return EXIT.usage
  return status >= 500 || status === 429 ? EXIT.unknown : EXIT.wrong
}
