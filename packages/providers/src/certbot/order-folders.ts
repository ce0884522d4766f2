import { mkdir, open, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, DAY } from '@mooring/core'

/** An order ends within days; a repetition comes within minutes, or after an outage. */
const KEPT_MS = 14 * DAY
const PEM_END = '-----END CERTIFICATE-----'

interface OrderFiles {
  request: string
  certificate: string
  chain: string
  fullChain: string
}

interface OrderFolders {
  /** What an earlier run obtained for the order, leaf first; null when none did. */
  obtained(orderId: string): Promise<string | null>
  /**
   * Makes the order this caller's until `end`, with its request in place; null when it is somebody else's. Whoever dies
   * with it loses it after `claimMs`. What to obtain must be looked for again after this.
   */
  begin(orderId: string, requestPem: string): Promise<OrderFiles | null>
  end(orderId: string): Promise<void>
  /** Removes orders, and whatever else is in the folders given, of long ago. */
  sweep(...folders: string[]): Promise<void>
}

/**
 * One folder per order. certbot itself writes the chain there, so that what it obtained is found even if the process that
 * started it died meanwhile, and no order is placed twice. No keys are in these folders.
 */
export function createOrderFolders(
  folder: string,
  { claimMs, clock }: { claimMs: number; clock: Clock },
): OrderFolders {
  const inFolder = (orderId: string, file: string): string => join(folder, orderId, file)
  const isOlderThan = async (path: string, ms: number): Promise<boolean> =>
    clock.now().getTime() - (await stat(path)).mtimeMs > ms

  async function claim(path: string): Promise<boolean> {
    try {
      await (await open(path, 'wx')).close()
      return true
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false
      throw error
    }
  }

  async function isForsaken(path: string): Promise<boolean> {
    try {
      return await isOlderThan(path, claimMs)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return true // Ended a moment ago.
      throw error
    }
  }

  async function obtained(orderId: string): Promise<string | null> {
    try {
      const chainPem = await readFile(inFolder(orderId, 'fullchain.pem'), 'utf8')
      // Somebody may be writing it at this moment.
      return chainPem.trimEnd().endsWith(PEM_END) ? chainPem : null
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null
      throw error
    }
  }

  return {
    obtained,

    async begin(orderId, requestPem) {
      await mkdir(join(folder, orderId), { recursive: true, mode: 0o700 })
      const path = inFolder(orderId, 'claimed')
      if (!(await claim(path))) {
        if (!(await isForsaken(path))) return null
        await rm(path, { force: true })
        if (!(await claim(path))) return null
      }
      const files: OrderFiles = {
        request: inFolder(orderId, 'request.pem'),
        certificate: inFolder(orderId, 'cert.pem'),
        chain: inFolder(orderId, 'chain.pem'),
        fullChain: inFolder(orderId, 'fullchain.pem'),
      }
      // certbot overwrites nothing, and would fail after the certificate was issued.
      if ((await obtained(orderId)) === null) {
        for (const file of [files.certificate, files.chain, files.fullChain]) await rm(file, { force: true })
      }
      await writeFile(files.request, requestPem)
      return files
    },

    end: (orderId) => rm(inFolder(orderId, 'claimed'), { force: true }),

    async sweep(...folders) {
      for (const swept of [folder, ...folders]) {
        for (const name of await readdir(swept)) {
          const path = join(swept, name)
          if (await isOlderThan(path, KEPT_MS)) await rm(path, { recursive: true, force: true })
        }
      }
    },
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code
