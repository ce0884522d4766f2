import type { EdgeIdentity, VerificationMethod } from '@mooring/core'

/** What the hostname's DNS is compared with, as far as it is known. */
export interface Expectation {
  /** The domain's id, from which the name is made that its certificate's proof is delegated to; null without a server. */
  id: string | null
  method: VerificationMethod
  /** False: the name may lead elsewhere; only its ownership is asked of DNS. */
  routing: boolean
  /** `off`: no certificate is wanted, and what stands in its way is none of this. */
  tls: 'auto' | 'off' | 'imported'
  proof: Proof | null
  /** Its name is empty where only the addresses are known, as an apex needs them. */
  edge: EdgeIdentity | null
}

export interface Proof {
  /** 40 lower-case hexadecimal digits. */
  token: string
  /** As in the record; null when only the token was told. */
  expiresAt: Date | null
}
