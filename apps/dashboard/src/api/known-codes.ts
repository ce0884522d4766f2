import { useQuery } from '@tanstack/react-query'
import { get } from './request.ts'

type Enum = { enum?: string[] }

/** The parts of the OpenAPI document that are looked at. */
interface Described {
  components?: {
    schemas?: { Reason?: { properties?: { code?: Enum } }; Domain?: { properties?: { step?: Enum } } }
  }
}

const NONE = { reasons: [], steps: [] } satisfies Record<string, string[]>

/** Every reason and step, as the API describes them: this page keeps no list that could fall behind. Empty until read. */
export function useKnownCodes(): { reasons: readonly string[]; steps: readonly string[] } {
  const { data } = useQuery({
    queryKey: ['known-codes'],
    queryFn: ({ signal }) => get<Described>('/openapi.json', signal),
    select: ({ components }) => ({
      reasons: components?.schemas?.Reason?.properties?.code?.enum ?? [],
      steps: components?.schemas?.Domain?.properties?.step?.enum ?? [],
    }),
    staleTime: Number.POSITIVE_INFINITY,
  })
  return data ?? NONE
}
