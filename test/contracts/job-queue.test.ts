import { createMemoryJobQueue } from '@mooring/queue'
import { silent, useRabbitMQ } from '../services/rabbitmq-queues.ts'
import { jobQueueContract } from './job-queue.contract.ts'

const { openQueue } = useRabbitMQ()

jobQueueContract('in memory', async () => createMemoryJobQueue({ log: silent }))
jobQueueContract('over RabbitMQ', async () => openQueue())
