/** A private key as it is stored: JSON-safe, every value base64. */
export interface SealedKey {
  version: 1
  /** Which key-encryption key wrapped the data key: first 8 hex digits of its SHA-256. */
  kek: string
  wrappedDataKey: string
  nonce: string
  ciphertext: string
}
