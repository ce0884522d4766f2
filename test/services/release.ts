import { mkdir, mkdtemp, readdir, readlink, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'

const ROOT = join(import.meta.dirname, '../..')

/** The sources of another release, with the packages that are installed here. */
export interface Release {
  dir: string
  remove(): Promise<void>
}

/** A shallow clone has no release but its own. */
export async function hasRelease(commit: string): Promise<boolean> {
  const { exitCode } = await execa('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: ROOT, reject: false })
  if (exitCode === 0) return true
  const { stdout } = await execa('git', ['rev-parse', '--is-shallow-repository'], { cwd: ROOT })
  if (stdout === 'true') return false
  throw new Error(`Expected the commit ${commit} in the history; a clone that is not shallow has it.`)
}

/** Lays the release out in a folder of its own. Its own packages are linked as npm would, everybody else's are shared. */
export async function checkOutRelease(commit: string): Promise<Release> {
  const dir = await mkdtemp(join(tmpdir(), 'mooring-release-'))
  const archive = join(dir, 'release.tar')
  await execa('git', ['archive', '--output', archive, commit], { cwd: ROOT })
  await execa('tar', ['-xf', archive, '-C', dir])

  const [installed, modules] = [join(ROOT, 'node_modules'), join(dir, 'node_modules')]
  await mkdir(join(modules, '@mooring'), { recursive: true })
  for (const name of await readdir(installed)) {
    if (name !== '@mooring') await symlink(join(installed, name), join(modules, name))
  }
  for (const name of await readdir(join(installed, '@mooring'))) {
    // Such as ../../packages/core: from the release's own folder, it leads to the release's own room.
    await symlink(await readlink(join(installed, '@mooring', name)), join(modules, '@mooring', name))
  }
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) }
}
