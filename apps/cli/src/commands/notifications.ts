import { z } from 'zod'
import { piece, type Piece } from '../render/page.ts'
import { agoOf } from '../render/span.ts'
import { listCommand } from './list-command.ts'

const noticeSchema = z.object({
  at: z.string(),
  kind: z.string(),
  count: z.number(),
  text: z.string(),
  held: z.string().nullable(),
  deliveries: z.array(z.object({ channel: z.string(), status: z.string() })),
})

/** `moor notifications`: what ops were told, and what was held back. */
export const notificationsCommand = listCommand({
  name: 'notifications',
  description: 'List what ops were told, and what was held back and why, newest first.',
  path: () => '/v1/notifications',
  row: noticeSchema,
  columns: (now) => [
    { title: 'Age', show: ({ at }) => agoOf(at, now) },
    { title: 'Kind', show: ({ kind }) => kind },
    { title: 'Domains', show: ({ count }) => String(count), align: 'right' },
    { title: 'Went', show: outcome },
    { title: 'Text', show: ({ text }) => text.replaceAll(/\s+/g, ' ') },
  ],
  none: 'Nobody was told anything.',
})

function outcome({ held, deliveries }: z.output<typeof noticeSchema>): Piece {
  if (held !== null) return piece(held, 'doubtful')
  const statuses = new Set(deliveries.map(({ status }) => status))
  if (statuses.has('failed')) return piece('failed', 'bad')
  return statuses.has('pending') ? piece('pending', 'doubtful') : piece('sent', 'good')
}
