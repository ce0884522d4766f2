import type { QueryClient } from '@tanstack/react-query'
import { request } from '../api/request.ts'
import { type Service, type ServiceChange, servicesQuery } from '../api/services.ts'

interface Save {
  name: string
  change: ServiceChange
  reason: string
  /** Then a name that is taken is refused: its servers would be gone. */
  isNew: boolean
}

export async function saveService(client: QueryClient, { name, change, reason, isNew }: Save): Promise<Service> {
  const path = `/v1/services/${encodeURIComponent(name)}`
  const service = await request<Service>('PUT', path, { body: change, reason, isNew })
  await client.invalidateQueries({ queryKey: servicesQuery.queryKey })
  return service
}
