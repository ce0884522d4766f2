import { isIP } from 'node:net'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '@mooring/core'
import { enrol } from './control-plane.ts'

export interface IdentitySettings {
  dir: string
  url: URL
  /** Its own token, when an operator gave it one. */
  token: string | undefined
  /** An admin key, exchanged for a token at the first start. */
  apiKey: string | undefined
  name: string
  pool: string
}

/** The edge's token: given, kept from an earlier run, or obtained now. */
export async function obtainToken(settings: IdentitySettings, signal: AbortSignal): Promise<string> {
  const { dir, url, token, apiKey, name, pool } = settings
  if (token !== undefined) return token
  const path = join(dir, 'token')
  const kept = await readFile(path, 'utf8').catch(nullIfMissing)
  if (kept !== null) return kept.trim()
  if (apiKey === undefined) throw new AppError('INVALID', 'The edge has neither a token nor a key to obtain one.')
  const obtained = await enrol(url, { apiKey, name, pool }, signal)
  await writeFile(`${path}.new`, `${obtained}\n`, { mode: 0o600 })
  await rename(`${path}.new`, path)
  return obtained
}

/** The token travels in every request, so plain HTTP is for loopback only, unless an operator insists. */
export function requireSafeUrl(url: URL, allowInsecure: boolean): void {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const isLoopback = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
  if (url.protocol === 'https:' || isLoopback || allowInsecure) return
  throw new AppError(
    'INVALID',
    `MOORING_API_URL is ${url.origin}: keys and tokens would travel in clear text. Use https, or set MOORING_API_INSECURE=1.`,
  )
}

function nullIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}
