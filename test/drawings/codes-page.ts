import { ERRORS, REASONS } from '@mooring/core'
import { code, generatedFrom, table } from './markdown.ts'

const WHO: Record<string, string> = {
  customer: 'the customer',
  platform: 'the platform',
  operator: 'an operator',
  ca: 'the certificate authority',
  nobody: 'nobody: it passes',
}

/** Every code that a domain's reason or a problem document may carry. */
export function codesPage(): string {
  const reasons = Object.entries(REASONS).map(([name, { actor, means }]) => [code(name), WHO[actor] ?? actor, means])
  const errors = Object.entries(ERRORS).map(([name, { status, title }]) => [code(name), String(status), title])
  return `${generatedFrom('packages/core/src/reasons.ts and errors.ts')}

# Codes

## Reasons

Why a domain is where it is: \`reason.code\` of a domain, \`code\` of an attempt, what notices are grouped by. The
\`reason.message\` beside it names the record, what was found, and what to do.

${table(['code', 'who must act', 'means'], reasons)}

## Problems

What a request was refused for: \`code\` of a problem document (RFC 9457).

${table(['code', 'status', 'means'], errors)}
`
}
