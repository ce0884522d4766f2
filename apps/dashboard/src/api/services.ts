import type { Service } from '@mooring/client'
import { queryOptions } from '@tanstack/react-query'
import { LIVE } from '../live/refresh-queries.ts'
import type { Page } from './page.ts'
import { get } from './request.ts'

export type { Service, ServiceChangeInput as ServiceChange } from '@mooring/client'

/** All of them: the API has no second page. */
export const servicesQuery = queryOptions({
  queryKey: ['services'],
  queryFn: ({ signal }) => get<Page<Service>>('/v1/services', signal),
  meta: LIVE.list,
})
