import type { Problem } from '../api/problem.ts'
import { ApiFault } from '../api/request.ts'

export type Fault = NonNullable<Problem['errors']>[number]

/** What the API says is wrong with single fields; none where it refused for something else. */
export const faultsOf = (error: unknown): Fault[] => (error instanceof ApiFault ? (error.problem.errors ?? []) : [])

/** What to show at a field. */
export function faultAt(faults: Fault[], path: string): string | undefined {
  const found = faults.filter((fault) => fault.path === path)
  return found.length === 0 ? undefined : found.map(({ message }) => message).join(' ')
}
