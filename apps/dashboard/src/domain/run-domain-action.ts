import type { QueryClient } from '@tanstack/react-query'
import type { Domain } from '../api/domain.ts'
import { request } from '../api/request.ts'

/** Asks for an action; what is on the page is read again. */
export async function runDomainAction(
  client: QueryClient,
  { id, action, reason }: { id: string; action: string; reason?: string },
): Promise<Domain> {
  const path = `/v1/domains/${encodeURIComponent(id)}`
  const domain =
    action === 'delete'
      ? await request<Domain>('DELETE', path, { reason })
      : await request<Domain>('POST', `${path}/${action}`, { reason })
  await client.invalidateQueries()
  return domain
}
