import { type RunningApi, startApi } from '@mooring/api'
import { type Client, createClient } from '@mooring/client'
import { afterEach, beforeEach } from 'vitest'
import { freePorts } from '../services/free-ports.ts'
import { type MoorRun, runMoor } from '../services/moor.ts'
import { usePostgres } from '../services/test-database.ts'
import { ADMIN_KEY, apiDependencies } from './api-under-test.ts'

/** An API on a socket for each test, over a database of its own, and `moor` as an admin of it runs it. */
export function useMoorServer(overrides: Parameters<typeof apiDependencies>[1] = {}) {
  const postgres = usePostgres()
  let server: RunningApi
  beforeEach(async () => {
    const [port] = (await freePorts(1)) as [number]
    const { dependencies } = apiDependencies(postgres.database(), overrides)
    server = await startApi({ ...dependencies, host: '127.0.0.1', port })
  })
  afterEach(() => server.stop())

  const environment = () => ({ MOORING_API_URL: server.url, MOORING_API_KEY: ADMIN_KEY })
  return {
    ...postgres,
    server: () => server,
    environment,
    moor: (...args: string[]): Promise<MoorRun> => runMoor(args, environment()),
    client: (): Client => createClient({ baseUrl: server.url, apiKey: ADMIN_KEY }),
  }
}
