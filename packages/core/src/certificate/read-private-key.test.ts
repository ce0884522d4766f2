import { type KeyObject, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readPrivateKey } from './read-private-key.ts'

const ec = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey
const rsa = (modulusLength: number): KeyObject => generateKeyPairSync('rsa', { modulusLength }).privateKey
const pem = (key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1' = 'pkcs8'): string =>
  key.export({ type, format: 'pem' }) as string
const locked = (key: KeyObject, type: 'pkcs8' | 'sec1'): string =>
  key.export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' }) as string

const p256 = ec('prime256v1')
const rsa2048 = rsa(2048)

describe('readPrivateKey', () => {
  it.each([
    ['ECDSA on P-256', pem(p256)],
    ['ECDSA on P-384', pem(ec('secp384r1'))],
    ['ECDSA as SEC 1', pem(p256, 'sec1')],
    [
      'ECDSA with its parameters before it',
      `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${pem(p256, 'sec1')}`,
    ],
    ['RSA', pem(rsa2048)],
    ['RSA as PKCS #1', pem(rsa2048, 'pkcs1')],
    ['a key with CRLF', pem(p256).replaceAll('\n', '\r\n')],
  ])('takes %s', (_kind, text) => {
    expect(readPrivateKey(text)).toMatchObject({ ok: true, value: { type: 'private' } })
  })

  it.each([
    ['KEY_UNREADABLE', 'nothing', ''],
    ['KEY_UNREADABLE', 'text', 'the key follows by mail'],
    ['KEY_UNREADABLE', 'a block of nonsense', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'],
    ['KEY_UNREADABLE', 'two keys', pem(p256) + pem(rsa2048)],
    [
      'KEY_UNREADABLE',
      'a public key',
      generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }),
    ],
    ['KEY_ENCRYPTED', 'an encrypted key', locked(p256, 'pkcs8')],
    ['KEY_ENCRYPTED', 'a key encrypted in the old way', locked(p256, 'sec1')],
    ['KEY_UNSUPPORTED', 'Ed25519', pem(generateKeyPairSync('ed25519').privateKey)],
    ['KEY_UNSUPPORTED', 'ECDSA on P-521', pem(ec('secp521r1'))],
    ['KEY_UNSUPPORTED', 'RSA that is too short', pem(rsa(1024))],
  ])('refuses with %s: %s', (code, _kind, text) => {
    const refused = readPrivateKey(String(text))
    expect(refused).toMatchObject({ ok: false, code })
    const lines = String(text)
      .split(/\r?\n/)
      .filter((line) => line.length > 30 && !line.startsWith('---'))
    for (const line of lines) expect(JSON.stringify(refused)).not.toContain(line)
  })
})
