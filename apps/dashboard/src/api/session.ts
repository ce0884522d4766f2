import { queryOptions, useQuery } from '@tanstack/react-query'
import { createContext, use } from 'react'
import { type Principal, type Role, ROLES, type Session } from './access.ts'
import { ApiFault, get } from './request.ts'

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => get<Session>('/v1/session', signal),
  retry: false,
  staleTime: Number.POSITIVE_INFINITY,
})

export const useSession = () => useQuery(sessionQuery)

/** Who is signed in, for everything inside the shell. */
export const PrincipalContext = createContext<Principal | null>(null)

export function usePrincipal(): Principal {
  const principal = use(PrincipalContext)
  if (principal === null) throw new Error('this part is outside the shell')
  return principal
}

/** Whether the person may do what needs `least`. The API decides again; this only hides what it would refuse. */
export function useMay(least: Role): boolean {
  return ROLES.indexOf(usePrincipal().role) >= ROLES.indexOf(least)
}

/** Whether the person sees what belongs to the platform; a tenant's key is refused it. */
export const useSeesPlatform = (): boolean => usePrincipal().tenant === null

export const isSignedOut = (error: unknown): error is ApiFault =>
  error instanceof ApiFault && error.problem.status === 401
