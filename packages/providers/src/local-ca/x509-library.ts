// The library resolves its parts through decorators and fails on import without this polyfill before it.
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'

/** P-256 with SHA-256 in WebCrypto's words; what every key of ours is. */
export const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

export { x509 }
