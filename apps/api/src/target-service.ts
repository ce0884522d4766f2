import { type FieldError, leadsBack, type NewDomain, type ServiceStore } from '@mooring/core'

/** What is wrong with a target that names a service; none for other targets. The database has the last word. */
export async function serviceComplaints(
  { target, tenant, hostname }: Pick<NewDomain, 'target' | 'tenant' | 'hostname'>,
  services: Pick<ServiceStore, 'find'>,
): Promise<FieldError[]> {
  if (!('service' in target)) return []
  const path = 'target.service'
  const service = await services.find(target.service)
  if (service === null || (service.tenant !== null && service.tenant !== tenant)) {
    const message = `There is no service ${target.service} that is open to ${tenant}.`
    return [{ path, code: 'SERVICE_UNKNOWN', message }]
  }
  if (leadsBack(service.servers, hostname)) {
    const message = 'A server of the service is the hostname itself: every request would come back.'
    return [{ path, code: 'TARGET_LOOP', message }]
  }
  return []
}
