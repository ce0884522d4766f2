import type { QueryClient } from '@tanstack/react-query'
import { ApiFault, request } from '../api/request.ts'
import { type Service, type ServiceChange, servicesQuery } from '../api/services.ts'

interface Save {
  name: string
  change: ServiceChange
  reason: string
}

export async function changeService(client: QueryClient, { name, change, reason }: Save): Promise<Service> {
  const path = `/v1/services/${encodeURIComponent(name)}`
  const service = await request<Service>('PUT', path, { body: change, reason })
  await client.invalidateQueries({ queryKey: servicesQuery.queryKey })
  return service
}

/** Refuses a name that is taken: to the API it would be a change, and the servers that were there were gone. */
export async function makeService(client: QueryClient, save: Save): Promise<Service> {
  const { data } = await client.fetchQuery({ ...servicesQuery, staleTime: 0 })
  if (data.some(({ name }) => name === save.name)) throw new ApiFault(taken(save.name))
  return changeService(client, save)
}

const taken = (name: string) => ({
  status: 409,
  code: 'TAKEN',
  title: 'The name is taken',
  detail: `There is a service ${name} already. Edit it, or choose another name.`,
  errors: [{ path: 'name', code: 'TAKEN', message: 'There is a service of this name already.' }],
})
