import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'

export type Filters<Name extends string> = Partial<Record<Name, string>>

/** Filters, tabs and the place in a list, kept in the address, so that a view can be sent to somebody. */
export function useFilters<Name extends string>(
  names: readonly Name[],
): [Filters<Name>, (change: Filters<Name>) => void] {
  const search: Record<string, unknown> = useSearch({ strict: false })
  const navigate = useNavigate()
  const key = JSON.stringify(names.map((name) => search[name]))
  const filters = useMemo(() => pick(search, names), [key])
  const change = (changed: Filters<Name>) =>
    void navigate({
      to: '.',
      // Another filter begins at the first page.
      search: (before: object) => ({ ...before, cursor: undefined, ...changed }),
      // While somebody types, the way back does not lead through every letter.
      replace: 'q' in changed,
    })
  return [filters, change]
}

function pick<Name extends string>(search: Record<string, unknown>, names: readonly Name[]): Filters<Name> {
  const given = names.flatMap((name) => {
    const value = search[name]
    return typeof value === 'string' && value !== '' ? [[name, value] as const] : []
  })
  return Object.fromEntries(given) as Filters<Name>
}
