import { createLogger, readConfig, runUntilStopped } from '@mooring/runtime'
import { configSchema } from './config.ts'
import { startStandalone } from './start-standalone.ts'

// A person reads this terminal: what the roles log goes to the data folder.
const log = createLogger({ name: 'standalone', level: 'warn' })
const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

await runUntilStopped(() => startStandalone(readConfig(configSchema), say), log)
