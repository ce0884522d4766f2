import { createHash } from 'node:crypto'

/** More texts than the code has statements; whatever comes beyond (lists have many shapes) is planned each time. */
const MAX_NAMES = 300

const names = new Map<string, string>()

/**
 * The name under which a connection keeps a statement prepared. A transition is a page of SQL whose planning costs
 * several times its execution; by name, each connection plans it once. The same text has the same name everywhere.
 */
export function statementName(text: string): string | undefined {
  const known = names.get(text)
  if (known !== undefined || names.size >= MAX_NAMES) return known
  const name = createHash('sha256').update(text).digest('base64url').slice(0, 16)
  names.set(text, name)
  return name
}
