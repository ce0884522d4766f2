import { AppError, type Issuer, type KeyCustody } from '@mooring/core'
import { type Database, createAcmeAccounts } from '@mooring/postgres'
import { type LocalCa, createAcmeIssuer, createLocalCaIssuer } from '@mooring/providers'
import type { Logger } from '@mooring/runtime'
import type { Config } from './config.ts'

/** The part of the environment that says who issues. */
export type IssuerConfig = Pick<
  Config,
  | 'MOORING_ISSUER'
  | 'MOORING_ACME_DIRECTORY'
  | 'MOORING_ACME_CONTACT'
  | 'MOORING_ACME_CA_FILE'
  | 'MOORING_ACME_CONCURRENCY'
  | 'MOORING_ACME_EAB_KID'
  | 'MOORING_ACME_EAB_HMAC'
  | 'MOORING_ACME_CAA_IDENTITIES'
>

interface IssuerParts {
  /** Opened only when the local CA issues. */
  openLocalCa: () => Promise<LocalCa>
  custody: KeyCustody
  database: Database
  log: Logger
}

/** The certificate authority that is configured: one that speaks ACME, or the local one. */
export async function openIssuer(
  config: IssuerConfig,
  { openLocalCa, custody, database, log }: IssuerParts,
): Promise<Issuer & { close(): Promise<void> }> {
  if (config.MOORING_ISSUER === 'local') return { ...createLocalCaIssuer(await openLocalCa()), close: async () => {} }
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
    caaIdentities: config.MOORING_ACME_CAA_IDENTITIES,
    log,
  })
}
