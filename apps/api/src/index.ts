export { buildApi, type RunningApi, startApi } from './api.ts'
export type { ApiDependencies, ApiSettings } from './dependencies.ts'
