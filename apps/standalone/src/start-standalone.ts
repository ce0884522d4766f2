import { randomBytes } from 'node:crypto'
import { rename } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { AppError } from '@mooring/core'
import { createLogger, type Logger, type Stoppable } from '@mooring/runtime'
import { claimDataFolder } from './claim-data-folder.ts'
import type { Config } from './config.ts'
import { recordedData, placePostgres } from './database/postgres-place.ts'
import { choosePostgresUser } from './database/postgres-user.ts'
import { startPostgres } from './database/start-postgres.ts'
import { startDemoZone } from './demo/demo-zone.ts'
import { CUSTOMER_ZONE, startDemo } from './demo/start-demo.ts'
import { keptSecret } from './kept-secret.ts'
import { edgeFolder, isNginxRunning } from './nginx-left.ts'
import { takenPorts } from './ports.ts'
import { startRoles } from './start-roles.ts'

type Say = (line: string) => void

/**
 * Every role in this process, on a database of its own: up when this resolves, while the demo's launch is still being
 * told. What was started is stopped again when a later part fails to.
 */
export async function startStandalone(config: Config, say: Say): Promise<Stoppable> {
  await using stack = new AsyncDisposableStack()
  const folder = resolve(config.MOORING_DATA_DIR)
  const claim = await claimDataFolder(folder)
  stack.defer(() => claim.release())
  await refuseTakenPorts(config, folder)
  const log = await openLog(folder, config)

  const databaseUrl = config.DATABASE_URL ?? (await startDatabase(folder, { stack, log, say }))
  const zone = await startDemoZone([CUSTOMER_ZONE])
  stack.defer(() => zone.stop())
  const apiKey = config.MOORING_API_KEY ?? (await keptSecret(folder, 'api-key', () => randomBytes(24).toString('hex')))
  const { apiUrl, ca, edgeServer } = await startRoles({
    config,
    folder,
    databaseUrl,
    apiKey,
    demoServer: zone.server,
    stack,
    log,
  })

  say(`Dashboard  ${apiUrl}/  (sign in with the API key)`)
  say(`API key    ${config.MOORING_API_KEY === undefined ? join(folder, 'api-key') : 'MOORING_API_KEY'}`)
  say(`Edge       ${edgeServer}, https port ${config.MOORING_HTTPS_PORT}, http port ${config.MOORING_HTTP_PORT}`)
  if (!edgeServer.startsWith('nginx'))
    say('           nginx is not installed: apt-get install nginx-light brings the real one')
  say(`Log        ${join(folder, 'mooring.log')}`)
  say('')
  if (config.MOORING_DEMO ?? config.MOORING_ISSUER === 'local') {
    const demo = await startDemo({ apiUrl, apiKey, zone, httpsPort: config.MOORING_HTTPS_PORT, ca, say })
    stack.defer(() => demo.stop())
  }
  const running = stack.move()
  return {
    async stop() {
      say('Stopping …')
      await running.disposeAsync()
    },
  }
}

async function refuseTakenPorts(config: Config, folder: string): Promise<void> {
  const { HOST, PORT, MOORING_HTTP_PORT, MOORING_HTTPS_PORT } = config
  // After a kill nginx is still there, and the agent takes it over.
  const isLeft = isNginxRunning(edgeFolder(folder))
  const taken = await takenPorts(HOST, { PORT, ...(isLeft ? {} : { MOORING_HTTP_PORT, MOORING_HTTPS_PORT }) })
  if (taken.length === 0) return
  throw new AppError(
    'CONFLICT',
    `${taken.join('\n')}\nStop that program, or choose other ports: PORT=8090 MOORING_HTTPS_PORT=9443 npm start`,
  )
}

/** The log of this run; that of the run before is kept beside it. */
async function openLog(folder: string, { LOG_LEVEL }: Config): Promise<Logger> {
  const file = join(folder, 'mooring.log')
  await rename(file, `${file}.1`).catch(ignoreMissing)
  return createLogger({ name: 'mooring', level: LOG_LEVEL, file })
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}

async function startDatabase(
  folder: string,
  { stack, log, say }: { stack: AsyncDisposableStack; log: Logger; say: Say },
): Promise<string> {
  const user = await choosePostgresUser(await recordedData(folder))
  const place = await placePostgres(folder, user)
  if (place.notice !== null) say(place.notice)
  const postgres = await startPostgres({
    place,
    user,
    password: await keptSecret(folder, 'postgres-password', () => randomBytes(24).toString('hex')),
    logFile: join(folder, 'postgres.log'),
    log,
  })
  stack.defer(() => postgres.stop())
  return postgres.url
}
