/** The few shapes of DER (ITU-T X.690) that a certificate request needs. */
const encode = (tag: number, parts: Buffer[]): Buffer => {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag]), lengthOf(content), content])
}

function lengthOf({ length }: Buffer): Buffer {
  if (length < 0x80) return Buffer.from([length])
  if (length < 0x100) return Buffer.from([0x81, length])
  return Buffer.from([0x82, length >> 8, length & 0xff])
}

export const sequence = (...parts: Buffer[]): Buffer => encode(0x30, parts)
export const set = (...parts: Buffer[]): Buffer => encode(0x31, parts)
export const octetString = (...parts: Buffer[]): Buffer => encode(0x04, parts)
/** A bit string of whole octets. */
export const bitString = (content: Buffer): Buffer => encode(0x03, [Buffer.of(0), content])
export const smallInteger = (value: number): Buffer => encode(0x02, [Buffer.of(value)])
/** `[n]` on constructed content. */
export const explicit = (n: number, ...parts: Buffer[]): Buffer => encode(0xa0 | n, parts)
/** `[n] IMPLICIT IA5String`. */
export const implicitText = (n: number, text: string): Buffer => encode(0x80 | n, [Buffer.from(text, 'ascii')])

/** From dotted decimal; the first two arcs share an octet, the others are base 128. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const octets = [first * 40 + second, ...rest.flatMap(base128)]
  return encode(0x06, [Buffer.from(octets)])
}

function base128(arc: number): number[] {
  const octets = [arc & 0x7f]
  for (let left = arc >> 7; left > 0; left >>= 7) octets.unshift((left & 0x7f) | 0x80)
  return octets
}
