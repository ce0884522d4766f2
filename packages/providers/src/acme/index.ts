export { createAcmeIssuer, type AcmeIssuerOptions } from './acme-issuer.ts'
export type { ExternalAccount } from './jws.ts'
