import { chown, mkdir, open, rename, symlink, unlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { forEachBounded } from './bounded.ts'

const AT_ONCE = 8

export interface NewFile {
  path: string
  content: string
  /** Such as 0o600. */
  mode: number
  /** Given away, where this process may do that. */
  owner?: { uid: number; gid: number } | null
}

/**
 * Writes files whole or not at all; folders are made as needed. They survive a crash of this process at once, and one
 * of the machine after `makeDurable`, which the caller runs beside its own work: fsyncs in a batch share the disk's
 * journal commits, so that 200 cost little more than one.
 */
export async function writeFiles(files: NewFile[]): Promise<void> {
  for (const folder of new Set(files.map(({ path }) => dirname(path)))) {
    await mkdir(folder, { recursive: true, mode: 0o755 })
  }
  await forEachBounded(files, AT_ONCE, async ({ path, content, mode, owner }) => {
    const temporary = join(dirname(path), `.${basename(path).slice(0, 200)}.new`)
    await writeFile(temporary, content, { mode, flag: 'w' })
    if (owner) await chown(temporary, owner.uid, owner.gid)
    await rename(temporary, path)
  })
}

/** Waits until these files and folders are on the disk. */
export async function makeDurable(paths: Iterable<string>): Promise<void> {
  await forEachBounded(paths, AT_ONCE, async (path) => {
    const handle = await open(path, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  })
}

/** Points `link` at `target` in one step: a reader sees the old target or the new one. */
export async function flipLink(link: string, target: string): Promise<void> {
  const temporary = `${link}.new`
  await unlink(temporary).catch(ignoreMissing)
  await symlink(target, temporary)
  await rename(temporary, link)
}

export function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
