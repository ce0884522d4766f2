import { AppError, type Issuer, type KeyCustody } from '@mooring/core'
import { createAcmeAccounts, type Database } from '@mooring/postgres'
import { createAcmeIssuer, createLocalCaIssuer, type LocalCa } from '@mooring/providers'
import type { Logger } from '@mooring/runtime'
import type { Config } from './config.ts'

interface IssuerParts {
  ca: LocalCa
  custody: KeyCustody
  database: Database
  log: Logger
}

/** The CA in the data folder, or the one that is configured. */
export function openIssuer(
  config: Config,
  { ca, custody, database, log }: IssuerParts,
): Issuer & { close(): Promise<void> } {
  if (config.MOORING_ISSUER === 'local') return { ...createLocalCaIssuer(ca), close: async () => {} }
  const { MOORING_ACME_DIRECTORY: directoryUrl, MOORING_ACME_EAB_KID: kid, MOORING_ACME_EAB_HMAC: hmacKey } = config
  if (directoryUrl === undefined) throw new AppError('INVALID', 'MOORING_ISSUER=acme needs MOORING_ACME_DIRECTORY.')
  return createAcmeIssuer({
    directoryUrl,
    contact: config.MOORING_ACME_CONTACT,
    caFile: config.MOORING_ACME_CA_FILE,
    eab: kid === undefined || hmacKey === undefined ? undefined : { kid, hmacKey },
    accounts: createAcmeAccounts(database),
    custody,
    concurrency: config.MOORING_ACME_CONCURRENCY,
    log,
  })
}
