/** A value of core as the API spells it: keys in `snake_case`, dates in RFC 3339. */
export type InSnakeCase<Value> = Value extends Date
  ? string
  : Value extends readonly (infer Item)[]
    ? InSnakeCase<Item>[]
    : Value extends object
      ? { -readonly [Key in keyof Value as Key extends string ? SnakeCase<Key> : never]: InSnakeCase<Value[Key]> }
      : Value

type SnakeCase<Key extends string> = Key extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : ''

/** For plain data, whose keys are names of fields. */
export function inSnakeCase<Value>(value: Value): InSnakeCase<Value> {
  return spell(value) as InSnakeCase<Value>
}

function spell(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(spell)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [snakeCase(key), spell(inner)]))
}

const snakeCase = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
