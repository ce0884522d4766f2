import type { FieldError } from '@mooring/core'
import type { z } from 'zod'

type Issue = z.core.$ZodIssue

/** Every fault a schema found, one entry per field; an unknown field is named by its own path. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.flatMap(describe)
}

function describe(issue: Issue): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: pathOf([...issue.path, key]),
      code: 'UNKNOWN_FIELD',
      message: 'There is no such field.',
    }))
  }
  return [{ path: pathOf(issue.path), code: codeOf(issue), message: messageOf(issue) }]
}

function codeOf(issue: Issue): string {
  if (issue.code === 'custom') return String(issue.params?.['code'] ?? 'INVALID')
  if (issue.code === 'invalid_type') return isMissing(issue) ? 'REQUIRED' : 'WRONG_TYPE'
  if (issue.code === 'invalid_value' || issue.code === 'invalid_union') return 'NOT_ALLOWED'
  if (issue.code === 'too_big') return 'TOO_LARGE'
  if (issue.code === 'too_small') return 'TOO_SMALL'
  return 'INVALID'
}

const messageOf = (issue: Issue): string =>
  issue.code === 'invalid_type' && isMissing(issue) ? 'This field is needed.' : issue.message

// JSON has no undefined, so a value that zod received as one was not there; a body that was not there is null.
const isMissing = ({ message, path }: Issue): boolean =>
  message.endsWith('received undefined') || (path.length === 0 && message.endsWith('received null'))

/** `target.url`, `rejected.0.detail`; the body as a whole is `body`. */
const pathOf = (path: PropertyKey[]): string => (path.length === 0 ? 'body' : path.map(String).join('.'))
