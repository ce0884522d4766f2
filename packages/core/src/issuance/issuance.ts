import type { Certificate } from '../certificate/certificate.ts'
import { shareLeft } from '../certificate/renewal.ts'
import type { Domain } from '../domain/domain.ts'
import type { StepContext } from '../lifecycle/step.ts'
import type { Authority, Issuer } from '../ports.ts'

/** Whose limits and whose health an issuer's orders count for: what stands before the account's number. */
export const caOf = (issuerName: string): string => issuerName.split('/')[0] ?? issuerName

/** The issuer that a certificate names; null when it is no longer configured. */
export function issuerOf(
  { issuer: name }: Certificate,
  { authorities }: Pick<StepContext, 'authorities'>,
): Issuer | null {
  return authorities.flatMap(({ accounts }) => accounts).find((issuer) => issuer.name === name) ?? null
}

/** The authority that a certificate names; null when it is no longer configured. */
export function authorityOf(
  { issuer: name }: Certificate,
  { authorities }: Pick<StepContext, 'authorities'>,
): Authority | null {
  return authorities.find(({ accounts }) => accounts.some((issuer) => issuer.name === name)) ?? null
}

/** What is left of the certificate in use, as a share of its lifetime; null for a name that has none. */
export interface Replacing {
  certificate: Certificate | null
  left: number | null
}

/** An earlier run stored the new certificate and did not live to say so. */
export async function isRenewed(
  { id }: Domain,
  { certificates, clock }: Pick<StepContext, 'certificates' | 'clock'>,
): Promise<boolean> {
  const current = await certificates.current(id)
  return current?.status === 'issued' && current.issued !== null && current.issued.renewAt > clock.now()
}

/** What is left of the certificate in use, as a share of its lifetime; null where there is none. */
export async function leftOf(
  { id }: Pick<Domain, 'id'>,
  { certificates, clock }: Pick<StepContext, 'certificates' | 'clock'>,
): Promise<number | null> {
  const issued = (await certificates.inUse(id))?.issued ?? null
  return issued === null ? null : shareLeft(issued, clock.now())
}
