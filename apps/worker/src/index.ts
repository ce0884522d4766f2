export { type Worker, type WorkerDeps, startWorker } from './worker.ts'
export { openAuthorities } from './open-authorities.ts'
export { lifecycleSettings, policyOf } from './lifecycle-settings.ts'
