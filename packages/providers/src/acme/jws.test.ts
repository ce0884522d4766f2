import { generateKeyPairSync, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createSigner } from './jws.ts'

describe('createSigner', () => {
  it('signs with r and s side by side, also where one of them is short', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const signer = createSigner(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string)
    let short = 0
    // One of 128 signatures has an r or an s that begins with a zero byte.
    for (let index = 0; short < 3; index++) {
      const signature = signer.sign(`text ${index}`)
      const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
      expect(verify('sha256', Buffer.from(`text ${index}`), key, signature)).toBe(true)
      if (signature[0] === 0 || signature[32] === 0) short += 1
    }
  })
})
