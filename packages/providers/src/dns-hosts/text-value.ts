const MAX_STRING_BYTES = 255

/**
 * How a host writes bytes that are not printable ASCII: RFC 1035 §5.1 has three decimal digits, Route 53 has three octal
 * ones (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html#TXTFormat).
 */
export type EscapeBase = 8 | 10

/** A TXT value as quoted strings of at most 255 bytes each: `"token=1"`, `"first part" "second part"`. */
export function quoteText(value: string, base: EscapeBase): string {
  const bytes = Buffer.from(value)
  const strings: string[] = []
  for (let start = 0; start < Math.max(bytes.length, 1); start += MAX_STRING_BYTES) {
    const part = [...bytes.subarray(start, start + MAX_STRING_BYTES)]
    strings.push(`"${part.map((byte) => escapeByte(byte, base)).join('')}"`)
  }
  return strings.join(' ')
}

function escapeByte(byte: number, base: EscapeBase): string {
  const character = String.fromCharCode(byte)
  if (character === '"' || character === '\\') return `\\${character}`
  return byte >= 0x20 && byte <= 0x7e ? character : `\\${byte.toString(base).padStart(3, '0')}`
}

const STRINGS = /^\s*(?:"(?:[^"\\]|\\.)*"\s*)+$/s
const STRING = /"((?:[^"\\]|\\.)*)"/gs
const UNIT = /\\(\d{3})|\\(.)|([^\\])/gsu

/** The value behind quoted strings; text that is not quoted is the value already. */
export function unquoteText(text: string, base: EscapeBase): string {
  if (!STRINGS.test(text)) return text
  const bytes = [...text.matchAll(STRING)].flatMap(([, string = '']) =>
    [...string.matchAll(UNIT)].map(([, digits, escaped, plain]) =>
      digits === undefined ? Buffer.from(escaped ?? plain ?? '') : Buffer.from([Number.parseInt(digits, base)]),
    ),
  )
  return Buffer.concat(bytes).toString()
}
