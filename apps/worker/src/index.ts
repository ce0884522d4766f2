export { type Worker, type WorkerDeps, startWorker } from './worker.ts'
export { type IssuerConfig, openIssuer } from './open-issuer.ts'
export { lifecycleSettings, policyOf } from './lifecycle-settings.ts'
