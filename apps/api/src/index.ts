export { accessOf, accessSettings } from './access-settings.ts'
export { buildApi, type RunningApi, startApi } from './api.ts'
export { accessTo, openAccess } from './open-access.ts'
export type { ApiDependencies, ApiSettings } from './dependencies.ts'
