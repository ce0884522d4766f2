import type { Clock } from '@mooring/core'
import { z } from 'zod'
import { jsonOf } from './answers.ts'
import { problemOf } from './problem.ts'
import type { Transport } from './transport.ts'

const url = z.string().max(2048)
/** They are shown to customers as a part of records to add, and no order depends on them: odd ones count as not said. */
const domainNames = z
  .array(
    z
      .string()
      .regex(/^[A-Za-z0-9.-]{1,253}$/)
      .toLowerCase(),
  )
  .max(20)

/** RFC 8555 §7.1.1; what is not used here is left out. */
const directorySchema = z.object({
  newNonce: url,
  newAccount: url,
  newOrder: url,
  revokeCert: url.optional(),
  meta: z
    .object({ externalAccountRequired: z.boolean().default(false), caaIdentities: domainNames.catch([]) })
    .prefault({ caaIdentities: [] }),
})

export type Directory = z.infer<typeof directorySchema>

export async function fetchDirectory(
  directoryUrl: string,
  { transport, clock, signal }: { transport: Transport; clock: Clock; signal: AbortSignal },
): Promise<Directory> {
  const answer = await transport.send({ method: 'GET', url: directoryUrl, signal })
  if (answer.status !== 200) throw problemOf(answer, clock.now())
  return jsonOf(answer, directorySchema)
}
