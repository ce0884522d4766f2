import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync } from 'node:fs'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompressSync, gzipSync } from 'node:zlib'

const HERE = import.meta.dirname
const LOCK = join(HERE, '.building')
/** Beside the built files: what they were built from. */
const STAMP = join(HERE, 'dist/.sources')
const LOCK_IS_LEFT_MS = 120_000

/**
 * Builds the dashboard unless what was built last is of the very same sources. Several processes may ask at once: one
 * builds, the others wait for it.
 */
export async function buildIfStale(): Promise<'built' | 'fresh'> {
  const wanted = await checksumOfSources()
  if ((await stampOfBuild()) === wanted) return 'fresh'
  return underLock(async () => {
    if ((await stampOfBuild()) === wanted) return 'fresh'
    const env = { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production' }
    await promisify(execFile)(process.execPath, [join(HERE, 'build.ts')], { env })
    await compress()
    // Last: a build that was killed has none, and is made again.
    await writeFile(STAMP, wanted)
    return 'built'
  })
}

/** Of everything that decides what comes out, the versions of the packages included. */
async function checksumOfSources(): Promise<string> {
  const files = globSync(['src/**/*', 'public/**/*', '*.{html,json,ts}'], { cwd: HERE })
  const hash = createHash('sha256')
  for (const file of [...files.sort(), '../../package-lock.json']) {
    const path = join(HERE, file)
    if ((await stat(path)).isDirectory()) continue
    hash.update(`${file}\0`).update(await readFile(path))
  }
  return hash.digest('hex')
}

/** Beside each file, as the API hands it out to whoever takes it. */
async function compress(): Promise<void> {
  for (const file of globSync('dist/**/*.{js,css,html,svg}', { cwd: HERE })) {
    const bytes = await readFile(join(HERE, file))
    await writeFile(join(HERE, `${file}.gz`), gzipSync(bytes, { level: 9 }))
    await writeFile(join(HERE, `${file}.br`), brotliCompressSync(bytes))
  }
}

async function stampOfBuild(): Promise<string | null> {
  return existsSync(STAMP) ? readFile(STAMP, 'utf8') : null
}

/** A folder can be made once only (mkdir(2)); one that was left by a killed build is taken over. */
async function underLock<Result>(work: () => Promise<Result>): Promise<Result> {
  while (!(await takeLock())) await sleep(200)
  try {
    return await work()
  } finally {
    await rm(LOCK, { recursive: true, force: true })
  }
}

async function takeLock(): Promise<boolean> {
  try {
    await mkdir(LOCK)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const made = await stat(LOCK).catch(() => null)
    const isLeft = made !== null && Date.now() - made.mtimeMs > LOCK_IS_LEFT_MS
    if (isLeft) await rm(LOCK, { recursive: true, force: true })
    return false
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const outcome = await buildIfStale()
  if (outcome === 'built') process.stderr.write('The dashboard was built anew.\n')
}
