import { type AcmeAuthorityOptions, type AcmeIssuer, createAcmeAuthority } from './acme-authority.ts'

export type AcmeIssuerOptions = Omit<AcmeAuthorityOptions, 'name' | 'accountCount'>

/** The only account at its CA: `acme`. See `createAcmeAuthority`. */
export function createAcmeIssuer(options: AcmeIssuerOptions): AcmeIssuer & { close(): Promise<void> } {
  const { accounts, close } = createAcmeAuthority({ ...options, name: 'acme', accountCount: 1 })
  return { ...(accounts[0] as AcmeIssuer), close }
}
