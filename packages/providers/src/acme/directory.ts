import { CaProblem, type Clock, HOUR, MINUTE } from '@mooring/core'
import { z } from 'zod'
import { jsonOf } from './answers.ts'
import { createOnce } from './once.ts'
import { plain, problemOf } from './problem.ts'
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

/** RFC 8555 §7.1.1, RFC 9773 §3 and draft-ietf-acme-profiles §3; what is not used here is left out. */
const directorySchema = z.object({
  newNonce: url,
  newAccount: url,
  newOrder: url,
  revokeCert: url.optional(),
  keyChange: url.optional(),
  renewalInfo: url.optional(),
  meta: z
    .object({
      externalAccountRequired: z.boolean().default(false),
      caaIdentities: domainNames.catch([]),
      /** Names with descriptions. */
      profiles: z.record(z.string(), z.unknown()).optional().catch(undefined),
    })
    .prefault({ caaIdentities: [] }),
})

export type Directory = z.infer<typeof directorySchema>

/** What a directory names addresses for. */
export type Resource = 'newNonce' | 'newAccount' | 'newOrder' | 'revokeCert' | 'keyChange'

export interface DirectorySource {
  /** As it was read within the last hour. */
  get(signal: AbortSignal): Promise<Directory>
  /**
   * Calls the resource's address. When nothing is there any more the directory is read anew, once a minute at most, and
   * the call repeated if it names another address.
   */
  at<T>(resource: Resource, signal: AbortSignal, call: (url: string) => Promise<T>): Promise<T>
}

const READ_AGAIN_MS = 1 * HOUR
const READ_AGAIN_EARLY_MS = 1 * MINUTE

export function createDirectorySource(
  directoryUrl: string,
  { transport, clock, signal: ownSignal }: { transport: Transport; clock: Clock; signal: AbortSignal },
): DirectorySource {
  const once = createOnce(async () => ({
    directory: await fetchDirectory(directoryUrl, { transport, clock, signal: ownSignal }),
    readAt: clock.now().getTime(),
  }))
  const notOlderThan = async (ms: number, signal: AbortSignal): Promise<Directory> => {
    const known = await once.get(signal)
    if (clock.now().getTime() - known.readAt < ms) return known.directory
    once.forget(known)
    return (await once.get(signal)).directory
  }

  return {
    get: (signal) => notOlderThan(READ_AGAIN_MS, signal),
    async at(resource, signal, call) {
      const url = addressOf(await notOlderThan(READ_AGAIN_MS, signal), resource)
      try {
        return await call(url)
      } catch (error) {
        if (!isGone(error)) throw error
        const moved = addressOf(await notOlderThan(READ_AGAIN_EARLY_MS, signal), resource)
        if (moved === url) throw error
        return call(moved)
      }
    },
  }
}

function addressOf(directory: Directory, resource: Resource): string {
  const address = directory[resource]
  if (address !== undefined) return address
  throw new CaProblem('unexpectedAnswer', `The CA’s directory names no address for ${resource}, so it cannot be asked.`)
}

/** Moved, or not there; of what a directory names, nothing else may be missing than the address itself. */
const isGone = (error: unknown): boolean =>
  error instanceof CaProblem && ((error.status >= 300 && error.status < 400) || [404, 405, 410].includes(error.status))

async function fetchDirectory(
  directoryUrl: string,
  { transport, clock, signal }: { transport: Transport; clock: Clock; signal: AbortSignal },
): Promise<Directory> {
  const answer = await transport.send({ what: 'directory', method: 'GET', url: directoryUrl, signal })
  if (answer.status === 200) return jsonOf(answer, directorySchema)
  const location = answer.header('location')
  if (answer.status < 300 || answer.status >= 400 || location === null) throw problemOf(answer, clock.now())
  // Not followed: accounts are kept by the directory's address, and the new one may not be as safe as the one we were given.
  throw new CaProblem(
    'unexpectedAnswer',
    `The directory ${directoryUrl} points to ${plain(location)} (HTTP status ${answer.status}). If the CA announced ` +
      'that it moved, set the new address as the directory.',
    { status: answer.status },
  )
}
