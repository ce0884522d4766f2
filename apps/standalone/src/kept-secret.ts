import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The secret kept in a file of that name, made on first use; readable by its owner only. */
export async function keptSecret(folder: string, name: string, make: () => string): Promise<string> {
  const file = join(folder, name)
  try {
    await writeFile(file, `${make()}\n`, { mode: 0o600, flag: 'wx', flush: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return (await readFile(file, 'utf8')).trim()
}
