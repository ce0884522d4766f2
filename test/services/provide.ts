import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { execa } from 'execa'
import { getContainerRuntimeClient } from 'testcontainers'

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
export class ServiceMissing extends Error {
  override readonly name = 'ServiceMissing'
}

/** Environment → local binary → Docker → apt as root → `ServiceMissing` with the command that installs it. */
export async function provide<Address>(recipe: Recipe<Address>): Promise<Running<Address>> {
  const given = recipe.fromEnvironment()
  if (given !== null) return { address: given, stop: async () => {} }

  const local = find(recipe)
  if (local !== null) return recipe.startLocal(local)

  if (recipe.startInDocker !== undefined && (await dockerAnswers())) return recipe.startInDocker()

  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
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

// Services are run privately by the tests, so the packages must not start their own on the standard ports.
const NO_SERVICE_START = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1', SYSTEMD_OFFLINE: '1' }

async function aptInstall(packages: string[]): Promise<void> {
  await execa('apt-get', ['update', '-qq'], { env: NO_SERVICE_START })
  await execa('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env: NO_SERVICE_START })
}
