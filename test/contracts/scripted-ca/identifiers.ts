import { malformed } from './jws.ts'
import { Refusal } from './problems.ts'

const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/

/** The names of a newOrder (RFC 8555 §7.4), in lower case, sorted, each once. */
export function identifiersOf({ identifiers }: Record<string, unknown>): string[] {
  if (!Array.isArray(identifiers) || identifiers.length === 0) {
    throw malformed('NewOrder request did not specify any identifiers')
  }
  const names = (identifiers as { type?: unknown; value?: unknown }[]).map(({ type, value }) => {
    if (type !== 'dns') {
      throw new Refusal(
        'unsupportedIdentifier',
        `NewOrder request included unsupported type identifier: ${String(type)}`,
        400,
      )
    }
    return expectName(String(value).toLowerCase())
  })
  return [...new Set(names)].toSorted(byText)
}

function expectName(name: string): string {
  const labels = name.replace(/^\*\./, '').split('.')
  if (labels.length > 1 && name.length <= 253 && labels.every((label) => LABEL.test(label))) return name
  throw new Refusal('rejectedIdentifier', `Cannot issue for "${name}": Domain name is not a valid public name`, 400)
}

/** Names have no letters of any language: by code unit, as CAs compare them. */
export const byText = (one: string, other: string): number => (one < other ? -1 : Number(one > other))
