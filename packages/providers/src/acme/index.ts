export {
  createAcmeAuthority,
  type AcmeAuthority,
  type AcmeAuthorityOptions,
  type AcmeIssuer,
} from './acme-authority.ts'
export { createAcmeIssuer, type AcmeIssuerOptions } from './acme-issuer.ts'
export type { ExternalAccount } from './jws.ts'
