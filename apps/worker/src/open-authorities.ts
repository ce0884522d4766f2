import { resolve } from 'node:path'
import { AppError, type Authority, type KeyCustody, SECOND, type Tracer } from '@mooring/core'
import { type Database, createAcmeAccounts, publishChallengeAnswer } from '@mooring/postgres'
import { type LocalCa, createAcmeAuthority, createCertbotIssuer, createLocalCaIssuer } from '@mooring/providers'
import { type AuthorityConfig, type AuthoritySettings, type Logger, authoritiesOf } from '@mooring/runtime'

/** Below the time that a step may take. */
const CERTBOT_DEADLINE_MS = 50 * SECOND

interface Parts {
  /** Where certbot keeps what it keeps. */
  dataDir: string | undefined
  /** Opened only when the local authority issues. */
  openLocalCa: () => Promise<LocalCa>
  /** Orders that one process has under way at once, at each authority. */
  concurrency: number
  custody: KeyCustody
  database: Database
  /** Without it no request is traced. */
  tracer?: Tracer | undefined
  log: Logger
}

export interface OpenAuthorities {
  /** The preferred one first. */
  authorities: Authority[]
  close(): Promise<void>
}

/** The certificate authorities that are configured: those that speak ACME, one through certbot, or the local one. */
export async function openAuthorities(config: AuthorityConfig, parts: Parts): Promise<OpenAuthorities> {
  if (config.MOORING_ISSUER === 'local') {
    const issuer = createLocalCaIssuer(await parts.openLocalCa())
    return { authorities: [{ name: issuer.name, accounts: [issuer], limits: {} }], close: async () => {} }
  }
  const open = config.MOORING_ISSUER === 'certbot' ? openCertbot : openAcme
  const opened = authoritiesOf(config).map((settings) => open(settings, parts))
  return {
    authorities: opened.map(({ authority }) => authority),
    close: async () => void (await Promise.all(opened.map(({ close }) => close()))),
  }
}

function openAcme(settings: AuthoritySettings, { concurrency, custody, database, tracer, log }: Parts) {
  const { name, limits } = settings
  const { accounts, close } = createAcmeAuthority({
    ...settings,
    accountCount: settings.accounts,
    accounts: createAcmeAccounts(database),
    custody,
    concurrency,
    tracer,
    log,
  })
  return { authority: { name, accounts, limits }, close }
}

function openCertbot({ name, limits, ...settings }: AuthoritySettings, { dataDir, database }: Parts) {
  if (dataDir === undefined) throw new AppError('INVALID', 'MOORING_ISSUER=certbot needs MOORING_DATA_DIR.')
  const { close, ...issuer } = createCertbotIssuer({
    ...settings,
    dataFolder: resolve(dataDir, 'certbot'),
    // The edges hand the question to the API, which answers from the table.
    answers: { publish: (answer) => publishChallengeAnswer(database, answer) },
    deadlineMs: CERTBOT_DEADLINE_MS,
  })
  return { authority: { name, accounts: [issuer], limits }, close }
}

/** Makes every account beforehand: an authority that is needed in an emergency must not have to be met first. */
export async function registerAccounts(
  authorities: readonly Authority[],
  { log, signal }: { log: Logger; signal: AbortSignal },
): Promise<void> {
  for (const issuer of authorities.flatMap(({ accounts }) => accounts)) {
    try {
      await issuer.register(signal)
    } catch (error) {
      // The first order registers it as well; whoever runs this learns now that it may not work then.
      if (!signal.aborted) log.warn({ issuer: issuer.name, err: error }, 'account not registered')
    }
  }
}
