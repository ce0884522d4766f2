import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { canAptInstall } from './apt-install.ts'
import { isMissing, NEEDED } from './needed-programs.ts'

const ROOT = join(import.meta.dirname, '../..')

/**
 * Test files that cannot run on this machine: a program they need is missing, and nothing can bring it. Each is named
 * on standard error with the command that installs the program. Where CI=true none is: the file then fails, saying so.
 */
export function skippedSuites(): string[] {
  if (process.env['CI'] === 'true' || canAptInstall()) return []
  const hasDocker = process.env['DOCKER_HOST'] !== undefined || existsSync('/var/run/docker.sock')
  const missing = NEEDED.filter((need) => isMissing(need) && !(need.inDocker === true && hasDocker))
  if (missing.length === 0) return []

  return globSync('test/{contracts,journeys,faults}/**/*.test.ts', { cwd: ROOT }).filter((file) => {
    const files = withImports(join(ROOT, file))
    const lacking = missing.filter(({ usedBy }) => usedBy.some((used) => files.has(join(ROOT, used))))
    const packages = [...new Set(lacking.map((need) => need.package))].join(' ')
    if (lacking.length > 0) process.stderr.write(`Skipped: ${file} (sudo apt-get install ${packages})\n`)
    return lacking.length > 0
  })
}

/** The file and every file it imports by relative path, through those as well. */
function withImports(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file) || !existsSync(file)) return seen
  seen.add(file)
  for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/from '(\.[^']+\.ts)'/g)) {
    withImports(join(dirname(file), path), seen)
  }
  return seen
}
