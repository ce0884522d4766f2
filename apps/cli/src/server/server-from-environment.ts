import { readConfig } from '@mooring/runtime'
import { configSchema } from '../config.ts'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import type { Server } from './call-server.ts'
import { knownServer } from './known-server.ts'

/** The server that commands about a server's domains are for. Throws `Failure` when the environment names none. */
export function serverFromEnvironment(): Server {
  const server = knownServer(readConfig(configSchema))
  if (server !== null) return server
  throw new Failure(EXIT.usage, 'Set MOORING_API_URL to the server’s address, and MOORING_API_KEY to a key of it.')
}
