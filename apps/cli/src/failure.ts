import type { ExitCode } from './exit-codes.ts'

/** A command cannot do what it was asked to; the message says why, in lines for a person, and `code` for a program. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly code: ExitCode

  constructor(code: ExitCode, message: string) {
    super(message)
    this.code = code
  }
}
