/**
 * Fields that the apps' configuration schemas are made of. Each takes the variable's text and yields a typed value;
 * the unit of a time is in the variable's name, and the value is always in milliseconds.
 *
 *     const schema = z.object({ PORT: settings.port().default(8080), DATABASE_URL: settings.url('postgres', 'postgresql') })
 */
import { isIP } from 'node:net'
import { type Limits, parseLimits } from '@mooring/core'
import { z } from 'zod'

/** Marks a field whose value never appears in an error or a log. */
export const secret = <Schema extends z.ZodType>(schema: Schema): Schema => schema.meta({ sensitive: 'value' })

export const text = () => z.string()

/** 0 lets the system choose a free one. */
export const port = () => field('expected a port, 0 to 65535', (value) => wholeNumber(value, 0, 65_535))

export const count = (min: number, max = Number.MAX_SAFE_INTEGER) =>
  field(
    `expected a whole number, ${max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min} to ${max}`}`,
    (value) => wholeNumber(value, min, max),
  )

/** For variables named `…_SECONDS`; fractions are allowed, so that a test can be quick. Milliseconds. */
export const seconds = (min = 0) => field(`expected seconds, ${min} or more`, (value) => duration(value, min, 1000))

/** For variables named `…_DAYS`. Milliseconds. */
export const days = (min = 0) => field(`expected days, ${min} or more`, (value) => duration(value, min, 86_400_000))

export const flag = () =>
  field(
    'expected 1 or 0',
    (value) => ({ '1': true, true: true, '0': false, false: false })[value.toLowerCase()] ?? null,
  )

export const logLevel = () => z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])

/** An absolute URL with one of the schemes, kept as text. Credentials in it stay out of errors and logs. */
export const url = (...schemes: string[]) =>
  field(`expected a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`, (value) => {
    const parsed = URL.parse(value)
    return parsed !== null && schemes.includes(parsed.protocol.slice(0, -1)) ? value : null
  }).meta({ sensitive: 'credentials' })

/** An https or http URL with `{trace_id}` in it. */
export const traceUrl = () =>
  field('expected a URL that starts with https:// or http:// and has {trace_id} in it', (value) => {
    const parsed = URL.parse(value)
    return parsed !== null && /^https?:$/.test(parsed.protocol) && value.includes('{trace_id}') ? value : null
  })

/** 32 bytes as 64 hexadecimal digits. */
export const hexKey = () =>
  secret(
    field('expected 64 hexadecimal digits (openssl rand -hex 32)', (value) =>
      /^[0-9a-f]{64}$/i.test(value) ? value : null,
    ),
  )

/** Such keys, separated by commas. */
export const hexKeys = () =>
  secret(list('expected keys of 64 hexadecimal digits, separated by commas', (item) => /^[0-9a-f]{64}$/i.test(item)))

export const apiKey = () =>
  secret(field('expected at least 32 characters', (value) => (value.length >= 32 ? value : null)))

/** `ip:port,…`, IPv6 in brackets. */
export const addresses = () =>
  list('expected ip:port, separated by commas (IPv6 in brackets)', (item) => {
    const [, host, number] = /^\[?([0-9a-f.:]+?)\]?:(\d+)$/i.exec(item) ?? []
    return (
      host !== undefined &&
      isIP(host) !== 0 &&
      item.startsWith('[') === host.includes(':') &&
      wholeNumber(number ?? '', 1, 65_535) !== null
    )
  })

export const ip = () => field('expected an IP address', (value) => (isIP(value) === 0 ? null : value))

/** IP addresses, separated by commas. */
export const ips = () => list('expected IP addresses, separated by commas', (item) => isIP(item) !== 0)

/** CIDR blocks, separated by commas. */
export const cidrs = () =>
  list('expected CIDR blocks such as 10.0.0.0/8, separated by commas', (item) => {
    const [network = '', bits = '', ...rest] = item.split('/')
    const family = isIP(network)
    return family !== 0 && rest.length === 0 && wholeNumber(bits, 0, family === 4 ? 32 : 128) !== null
  })

const NAME = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/

/** DNS names in lower case, separated by commas. */
export const names = () => list('expected lower-case names, separated by commas', (item) => NAME.test(item))

/** A DNS name in lower case. */
export const name = () => field('expected a lower-case name', (value) => (NAME.test(value) ? value : null))

/** Limits of a certificate authority, such as `new_orders=3000/3h`, separated by commas. */
export const limits = () =>
  z.string().transform((value, context): Limits => {
    const answer = parseLimits(value)
    if (answer.ok) return answer.value
    context.issues.push({ code: 'custom', message: answer.message, input: value })
    return z.NEVER
  })

export function field<Value>(expected: string, parse: (value: string) => Value | null) {
  return z.string().transform((value, context): Value => {
    const parsed = parse(value.trim())
    if (parsed !== null) return parsed
    context.issues.push({ code: 'custom', message: expected, input: value })
    return z.NEVER
  })
}

function list(expected: string, accepts: (item: string) => boolean) {
  return field(expected, (value) => {
    const items = value.split(',').map((item) => item.trim())
    return items.every(accepts) ? items : null
  })
}

function wholeNumber(value: string, min: number, max: number): number | null {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN
  return number >= min && number <= max ? number : null
}

function duration(value: string, min: number, unitMs: number): number | null {
  const number = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN
  return number >= min ? Math.round(number * unitMs) : null
}
