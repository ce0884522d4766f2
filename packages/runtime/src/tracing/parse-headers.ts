// RFC 9110 §5.6.2 and §5.5; a comma separates headers here.
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)=([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)$/

/** Reads `name=value,name=value`; null when any of it is not that. */
export function parseHeaders(text: string): Record<string, string> | null {
  const found = text.split(',').map((item) => HEADER.exec(item.trim()))
  if (found.includes(null)) return null
  return Object.fromEntries(found.map((match) => [match?.[1] ?? '', match?.[2] ?? '']))
}
