/**
 * As the API writes it: keys in snake_case, times as RFC 3339. Pure ASCII, because `JSON.stringify` leaves C1 controls
 * and marks of direction as they are, which a terminal obeys.
 */
export const printJson = (value: unknown): string => `${inAscii(JSON.stringify(inSnakeCase(value), null, 2))}\n`

/** The same in a line of its own, for what comes one after the other. */
export const printJsonLine = (value: unknown): string => `${inAscii(JSON.stringify(inSnakeCase(value)))}\n`

function inAscii(text: string): string {
  return text.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function inSnakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inSnakeCase)
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [snakeCase(key), inSnakeCase(inner)]))
}

const snakeCase = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
