/** Options by the names that the API gives them; those that were not given are left out. */
export function fieldsOf(options: Record<string, unknown>): Record<string, string> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([name, value]) => [apiName(name), String(value)]))
}

export const queryOf = (options: Record<string, unknown>): string => new URLSearchParams(fieldsOf(options)).toString()

const apiName = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
