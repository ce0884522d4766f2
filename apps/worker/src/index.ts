export { type Worker, type WorkerDeps, startWorker } from './worker.ts'
