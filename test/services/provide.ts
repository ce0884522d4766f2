import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { getContainerRuntimeClient } from 'testcontainers'
import { aptInstall, canAptInstall } from './apt-install.ts'

/** A started service, for as long as a test run needs it. */
export interface Running<Address> {
  address: Address
  stop(): Promise<void>
}

/** How to come by one real service. Each way is tried in the order of the fields. */
export interface Recipe<Address> {
  name: string
  /** An address somebody else provides; null when the environment names none. */
  fromEnvironment(): Address | null
  /** Programs that must all be there to start it privately. */
  binaries: string[]
  /** Folders to search besides PATH. */
  searchIn?: string[]
  startLocal(paths: Record<string, string>): Promise<Running<Address>>
  startInDocker?(): Promise<Running<Address>>
  /** Debian packages that bring the binaries. */
  packages: string[]
}

/** No way led to the service: the suite that needs it is skipped by name, or fails where CI=true. */
class ServiceMissing extends Error {
  override readonly name = 'ServiceMissing'
}

/** Environment → local binary → Docker → apt as root → `ServiceMissing` with the command that installs it. */
export async function provide<Address>(recipe: Recipe<Address>): Promise<Running<Address>> {
  const given = recipe.fromEnvironment()
  if (given !== null) return { address: given, stop: async () => {} }

  const local = find(recipe)
  if (local !== null) return recipe.startLocal(local)

  if (recipe.startInDocker !== undefined && (await dockerAnswers())) return recipe.startInDocker()

  if (canAptInstall()) {
    await aptInstall(recipe.packages)
    const installed = find(recipe)
    if (installed !== null) return recipe.startLocal(installed)
  }
  throw new ServiceMissing(`${recipe.name} is not here: apt-get install ${recipe.packages.join(' ')}`)
}

function find<Address>(recipe: Recipe<Address>): Record<string, string> | null {
  const folders = [...(recipe.searchIn ?? []), ...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin']
  const paths: Record<string, string> = {}
  for (const binary of recipe.binaries) {
    const folder = folders.find((candidate) => existsSync(join(candidate, binary)))
    if (folder === undefined) return null
    paths[binary] = join(folder, binary)
  }
  return paths
}

async function dockerAnswers(): Promise<boolean> {
  try {
    await getContainerRuntimeClient()
    return true
  } catch {
    return false // No engine is the ordinary case on a laptop without Docker: the next way is tried.
  }
}
