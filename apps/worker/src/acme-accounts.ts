import { createKeyCustody } from '@mooring/core'
import { createAcmeAccounts, migrate, openDatabase } from '@mooring/postgres'
import { createAcmeAuthority } from '@mooring/providers'
import { authoritiesOf, createLogger, readConfig } from '@mooring/runtime'
import { configSchema } from './config.ts'

const USAGE = `Usage: npm run acme-accounts -- <command> <account>

  rollover <account>     gives the account a new key (RFC 8555 §7.3.5); safe to repeat
  deactivate <account>   gives the account up for good (RFC 8555 §7.3.6)

An account is named as in the certificates' issuer, such as acme or acme/2.`

/** For operators: what is done to ACME accounts once in years, with a worker's settings. */
const log = createLogger({ name: 'acme-accounts' })
const [command, name] = process.argv.slice(2)
const isKnown = command === 'rollover' || command === 'deactivate'
if (!isKnown || name === undefined) {
  process.stderr.write(`${USAGE}\n`)
  process.exitCode = 2
} else {
  process.exitCode = await run(command, name)
}

async function run(chosen: 'rollover' | 'deactivate', accountName: string): Promise<number> {
  const config = readConfig(configSchema)
  await migrate(config.DATABASE_URL, log)
  const database = openDatabase({ url: config.DATABASE_URL, applicationName: 'mooring-acme-accounts', log })
  const custody = createKeyCustody(config.MOORING_ENCRYPTION_KEY, config.MOORING_ENCRYPTION_KEYS_BEFORE)
  const authorities = authoritiesOf(config).map((settings) =>
    createAcmeAuthority({
      ...settings,
      accountCount: settings.accounts,
      accounts: createAcmeAccounts(database),
      custody,
      log,
    }),
  )
  try {
    const known = authorities.flatMap(({ accounts }) => accounts)
    const account = known.find((issuer) => issuer.name === accountName)
    if (account === undefined) {
      const names = known.map((issuer) => issuer.name).join(', ')
      process.stderr.write(`There is no account ${accountName}. Configured: ${names === '' ? 'none' : names}.\n`)
      return 1
    }
    const { signal } = new AbortController()
    await (chosen === 'rollover' ? account.rolloverAccountKey(signal) : account.deactivateAccount(signal))
    process.stdout.write(`${accountName}: ${chosen === 'rollover' ? 'it has a new key' : 'it is given up'}.\n`)
    return 0
  } finally {
    await Promise.all(authorities.map(({ close }) => close()))
    await database.close()
  }
}
