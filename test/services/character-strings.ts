const MAX_OCTETS = 255

/** TXT data as a zone file has it (RFC 1035 §5.1): one text, cut as needed, or the character-strings themselves. */
export function quoteStrings(value: string | string[]): string {
  const strings = Array.isArray(value) ? value.map((text) => Buffer.from(text)) : cut(Buffer.from(value))
  return strings.map((octets) => `"${[...octets].map(escaped).join('')}"`).join(' ')
}

function cut(octets: Buffer): Buffer[] {
  const count = Math.max(1, Math.ceil(octets.length / MAX_OCTETS))
  return Array.from({ length: count }, (_, index) => octets.subarray(index * MAX_OCTETS, (index + 1) * MAX_OCTETS))
}

function escaped(octet: number): string {
  const character = String.fromCharCode(octet)
  if (character === '"' || character === '\\') return `\\${character}`
  return octet < 0x20 || octet > 0x7e ? `\\${String(octet).padStart(3, '0')}` : character
}
