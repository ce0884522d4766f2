import { generateKeyPairSync } from 'node:crypto'
import type { KeyBinding, KeyCustody, SealedKey } from '@mooring/core'
import { type AccountSigner, createSigner } from './jws.ts'

interface Sealing {
  id: string
  custody: KeyCustody
}

/** The same for a key and the one that follows it, so that the latter can take its place in the row as it stands. */
const bindingOf = ({ id }: Sealing): KeyBinding => ({ ownerId: 'acme-account', secretId: id })

export function newSealedKey(sealing: Sealing): SealedKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return sealing.custody.seal(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, bindingOf(sealing))
}

export const signerOf = (sealing: Sealing, sealedKey: SealedKey): AccountSigner =>
  createSigner(sealing.custody.open(sealedKey, bindingOf(sealing)))
