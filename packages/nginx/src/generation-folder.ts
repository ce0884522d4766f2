import { linkSync, readFileSync, symlinkSync } from 'node:fs'
import { chown, mkdir, readdir, rm, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError } from '@mooring/core'
import { type NewFile, flipLink, ignoreMissing, makeDurable, writeFiles } from './durable-files.ts'
import { type Site, enabledFile, siteFile } from './site.ts'

/**
 * The folder nginx reads:
 *
 *     sites-available/<name>.<fingerprint>.conf       shared by all generations that have them
 *     certificates/<name>/<serial>-<fingerprint>.pem  key and chain in one file: no crash can pair them wrongly
 *     generations/<n>/nginx.conf, sites-enabled/*.conf → sites-available
 *     current → generations/<n>                       what the master reads when it is told to
 */
export interface Generation {
  number: number
  sites: Site[]
}

const KEPT = 3

export class GenerationFolder {
  readonly dir: string
  /** Newest last; all of them can be gone back to. */
  #kept: Generation[] = []
  #last = 0
  #tidying: Promise<unknown> = Promise.resolve()

  constructor(dir: string) {
    this.dir = dir
  }

  /** Makes the folders, returns what `current` points at, and removes what a crash left behind. */
  async open(): Promise<Generation | null> {
    for (const name of ['sites-available', 'generations', 'logs', 'temp']) {
      await mkdir(join(this.dir, name), { recursive: true, mode: 0o755 })
    }
    await mkdir(join(this.dir, 'certificates'), { recursive: true, mode: 0o700 })
    const numbers = (await readdir(join(this.dir, 'generations'))).map(Number).filter(Number.isSafeInteger)
    this.#last = Math.max(0, ...numbers)
    const current = this.#readCurrent()
    this.#kept = current === null ? [] : [current]
    await this.#removeOrphans(numbers)
    return current
  }

  /** Whose the folder of certificates is: nobody else may enter it. */
  async letReadCertificates(owner: { uid: number; gid: number } | null): Promise<void> {
    if (owner !== null) await chown(join(this.dir, 'certificates'), owner.uid, owner.gid)
  }

  #readCurrent(): Generation | null {
    let manifest: unknown
    try {
      manifest = JSON.parse(readFileSync(join(this.dir, 'current', 'manifest.json'), 'utf8'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null // The first start.
      throw error
    }
    if (!isGeneration(manifest)) throw new AppError('INTERNAL', `${this.dir}/current/manifest.json is not ours.`)
    // The release before knew of no services.
    return { ...manifest, sites: manifest.sites.map((site) => ({ ...site, service: site.service ?? null })) }
  }

  /** Numbers are never used twice, so that what the running nginx answers tells them apart. */
  nextNumber(): number {
    this.#last += 1
    return this.#last
  }

  path(generation: number, ...rest: string[]): string {
    return join(this.dir, 'generations', String(generation), ...rest)
  }

  /**
   * Writes a generation beside the others. `files` are the new vhosts and certificates; `main` and `trial` are its
   * `nginx.conf` and the one that tests the new vhosts alone. Resolves to a wait for the disk, to be run meanwhile.
   */
  async write(
    generation: Generation,
    contents: { files: NewFile[]; main: string; trial: string },
  ): Promise<{ durable: Promise<void> }> {
    await this.tidied()
    const folder = this.path(generation.number)
    await rm(folder, { recursive: true, force: true })
    await mkdir(join(folder, 'sites-enabled'), { recursive: true })
    const files: NewFile[] = [
      ...contents.files,
      { path: join(folder, 'nginx.conf'), content: contents.main, mode: 0o644 },
      { path: join(folder, 'trial.conf'), content: contents.trial, mode: 0o644 },
      { path: join(folder, 'manifest.json'), content: JSON.stringify(generation), mode: 0o644 },
    ]
    await writeFiles(files)
    this.#enable(generation)
    const folders = new Set([...files.map(({ path }) => dirname(path)), join(folder, 'sites-enabled'), dirname(folder)])
    return { durable: makeDurable([...files.map(({ path }) => path), ...folders]) }
  }

  /** Replaces the configuration that tests new vhosts, and returns its path. */
  async writeTrial(generation: number, content: string): Promise<string> {
    const path = this.path(generation, 'trial.conf')
    await writeFiles([{ path, content, mode: 0o644 }])
    return path
  }

  // A link that the generation before has is linked, not made again: with thousands of names that is 20 times cheaper.
  #enable({ number, sites }: Generation): void {
    const before = this.#kept.at(-1)
    const linked = new Set(before?.sites.map(siteFile))
    for (const site of sites) {
      const link = this.path(number, 'sites-enabled', enabledFile(site))
      if (before !== undefined && linked.has(siteFile(site))) {
        if (tryLink(this.path(before.number, 'sites-enabled', enabledFile(site)), link)) continue
      }
      symlinkSync(join('..', '..', '..', 'sites-available', siteFile(site)), link)
    }
  }

  /** From now on nginx reads this generation when it is started or told to reload. */
  async flip(generation: number): Promise<void> {
    await flipLink(join(this.dir, 'current'), join('generations', String(generation)))
  }

  async makeFlipDurable(): Promise<void> {
    await makeDurable([this.dir])
  }

  /**
   * Keeps this generation as one to go back to, and drops the oldest with the files that only it used. The removal goes
   * on beside what follows; `tidied` waits for it.
   */
  keep(generation: Generation): void {
    const dropped = [...this.#kept, generation].slice(0, -KEPT)
    this.#kept = [...this.#kept, generation].slice(-KEPT)
    this.#tidying = Promise.all([this.#tidying, this.#remove(dropped)])
    this.#tidying.catch(() => undefined) // `tidied` tells.
  }

  /** Resolves once what was dropped is gone: before the next generation is written, which may use a file again. */
  async tidied(): Promise<void> {
    const tidying = this.#tidying
    this.#tidying = Promise.resolve()
    await tidying
  }

  async #remove(dropped: Generation[]): Promise<void> {
    const used = this.#usedFiles()
    for (const old of dropped) {
      await this.drop(old.number)
      for (const file of old.sites.flatMap((site) => this.filesOf(site))) {
        if (!used.has(file)) await unlink(file).catch(ignoreMissing)
      }
    }
  }

  /** A generation that did not come to be. Its new files stay until the next start: they may be tried again. */
  async drop(generation: number): Promise<void> {
    await rm(this.path(generation), { recursive: true, force: true })
  }

  filesOf(site: Site): string[] {
    const vhost = join(this.dir, 'sites-available', siteFile(site))
    return site.certificate === null ? [vhost] : [vhost, join(this.dir, site.certificate)]
  }

  #usedFiles(): Set<string> {
    return new Set(this.#kept.flatMap(({ sites }) => sites.flatMap((site) => this.filesOf(site))))
  }

  async #removeOrphans(numbers: number[]): Promise<void> {
    const kept = new Set(this.#kept.map(({ number }) => number))
    for (const number of numbers) if (!kept.has(number)) await this.drop(number)
    const used = this.#usedFiles()
    for (const root of ['sites-available', 'certificates']) {
      for (const entry of await readdir(join(this.dir, root), { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name)
        if (!entry.isDirectory() && !used.has(path)) await unlink(path)
      }
    }
  }
}

function isGeneration(manifest: unknown): manifest is Generation {
  const { number, sites } = (manifest ?? {}) as Partial<Generation>
  return (
    Number.isSafeInteger(number) && Array.isArray(sites) && sites.every(({ hostname }) => typeof hostname === 'string')
  )
}

function tryLink(existing: string, link: string): boolean {
  try {
    linkSync(existing, link)
    return true
  } catch {
    return false // Not every file system links links; a new one does as well.
  }
}
