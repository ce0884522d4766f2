export { startScheduler } from './scheduler.ts'
export type { Scheduler, SchedulerDependencies, SchedulerSettings } from './scheduler.ts'
export { retentionOf, retentionSettings } from './config.ts'
