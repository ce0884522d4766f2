import { code, table } from './markdown.ts'

/** As much of JSON Schema as our own document uses. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  format?: string
  enum?: unknown[]
  const?: unknown
  default?: unknown
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
}

/** What calls refer to, and what that refers to. */
export function shapesOf(calls: unknown, schemas: Record<string, Schema>): [name: string, schema: Schema][] {
  const used = new Set<string>()
  const open = [...refsIn(calls)]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (used.has(name)) continue
    used.add(name)
    open.push(...refsIn(schemas[name]))
  }
  return Object.entries(schemas)
    .filter(([name]) => used.has(name) && !isAnyJson(name))
    .toSorted(([a], [b]) => (shownName(a) < shownName(b) ? -1 : 1))
}

const refsIn = (value: unknown): string[] =>
  [...(JSON.stringify(value) ?? '').matchAll(/"\$ref":"[^"]*?([^"/]+)"/g)].map(([, name = '']) => name)

const isAnyJson = (name: string): boolean => /^(?:Json(?:Input)?|(?:__)?schema\d+)$/.test(name)

/** What goes in is named `…Input` beside what comes out. No call has both, so that readers need not know. */
const shownName = (name: string): string => name.replace(/Input$/, '')

export function shape([name, schema]: [string, Schema]): string {
  const variants = schema.oneOf ?? schema.anyOf
  const body = variants?.every(({ properties }) => properties !== undefined)
    ? variants.map(fieldsOf).join('\n\nor\n\n')
    : schema.properties === undefined
      ? typeOf(schema)
      : fieldsOf(schema)
  return [`### ${shownName(name)}`, schema.description, body].filter((part) => part !== undefined).join('\n\n')
}

const fieldsOf = ({ properties = {}, required = [] }: Schema): string =>
  table(
    ['field', 'type', 'means'],
    Object.entries(properties).map(([field, inner]) => [
      code(field),
      `${typeOf(inner)}${required.includes(field) ? '' : ', optional'}`,
      meansOf(inner),
    ]),
  )

export function meansOf(schema: Schema): string {
  const { description = '', default: byDefault } = schema
  // What the values mean is said where the link goes.
  const words = valuesIn(schema).some(isExplained) ? description.replace(/\s*^- [\s\S]*/m, '') : description
  const given = typeof byDefault === 'string' ? byDefault : JSON.stringify(byDefault)
  return [words, given === undefined ? '' : `By default ${code(given)}.`].filter((part) => part !== '').join(' ')
}

const valuesIn = ({ enum: values = [], items, anyOf = [] }: Schema): unknown[] => [
  ...values,
  ...(items === undefined ? [] : valuesIn(items)),
  ...anyOf.flatMap(valuesIn),
]

/** Long lists that are explained elsewhere, each by one of its values. */
const EXPLAINED: Record<string, string> = {
  DNS_RECORD_MISSING: '[a reason’s code](codes.md#reasons)',
  IDEMPOTENCY_MISMATCH: '[a problem’s code](codes.md#problems)',
  verify_ownership: '[a step](../../README.md#the-machine)',
  'domain.action_required': '[an event’s type](#get-v1events)',
}

const isExplained = (value: unknown): value is string => typeof value === 'string' && Object.hasOwn(EXPLAINED, value)

export function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) {
    const name = shownName(schema.$ref.split('/').at(-1) ?? '')
    return isAnyJson(name) ? 'any JSON' : `[${name}](#${name.toLowerCase()})`
  }
  const variants = schema.anyOf ?? schema.oneOf ?? schema.allOf
  if (variants !== undefined) return [...new Set(variants.map(typeOf))].join(' or ')
  if (schema.const !== undefined) return code(JSON.stringify(schema.const))
  if (schema.enum !== undefined) return valuesOf(schema.enum)
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`
  if (schema.properties !== undefined) {
    const { required = [] } = schema
    const fields = Object.entries(schema.properties).map(
      ([name, inner]) => `${code(required.includes(name) ? name : `${name}?`)}: ${typeOf(inner)}`,
    )
    return `{ ${fields.join('; ')} }`
  }
  if (typeof schema.additionalProperties === 'object') return `{ any name: ${typeOf(schema.additionalProperties)} }`
  const types = [schema.type ?? 'any JSON'].flat()
  return types.join(' or ') + (schema.format === undefined ? '' : ` (${schema.format})`)
}

function valuesOf(values: unknown[]): string {
  const explained = values.find(isExplained)
  return explained === undefined
    ? values.map((value) => code(String(value))).join(', ')
    : (EXPLAINED[explained] ?? explained)
}
