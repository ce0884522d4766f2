export type QueryValue = string | number | boolean | null | undefined

interface Parts {
  path?: Record<string, string> | undefined
  query?: Record<string, QueryValue | readonly QueryValue[]> | undefined
}

/** `/v1/domains/{id}` with its parts filled in and its query behind it. What is undefined or null is left out. */
export function pathOf(template: string, { path = {}, query = {} }: Parts): string {
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''))
  const given = Object.entries(query).flatMap(([name, value]) =>
    [value]
      .flat()
      .filter((each) => each !== undefined && each !== null)
      .map((each): [string, string] => [name, String(each)]),
  )
  return given.length === 0 ? filled : `${filled}?${new URLSearchParams(given).toString()}`
}
