import { createLocalCa, type LocalCa } from '@mooring/providers'
import { startApiRole } from './roles/api.ts'
import { startEdgeRole } from './roles/edge.ts'
import { startSchedulerRole } from './roles/scheduler.ts'
import { openRoleContext, type RolesOptions } from './roles/role-context.ts'
import { startWorkerRole } from './roles/worker.ts'

export interface StartedRoles {
  apiUrl: string
  ca: LocalCa & { certFile: string }
  /** Such as `nginx/1.22.1`. */
  edgeServer: string
}

/** The API first, then those who need it. */
export async function startRoles(options: RolesOptions): Promise<StartedRoles> {
  const context = await openRoleContext(options)
  const ca = await createLocalCa(options.folder)
  const apiUrl = await startApiRole(context)
  await startWorkerRole(context, ca)
  await startSchedulerRole(context)
  const edgeServer = await startEdgeRole(context, apiUrl)
  return { apiUrl, ca, edgeServer }
}
