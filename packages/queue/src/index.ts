export { createMemoryJobQueue, type MemoryJobQueue } from './memory/memory-job-queue.ts'
export { createRabbitJobQueue, type RabbitJobQueue, type RabbitOptions } from './rabbitmq/rabbit-job-queue.ts'
