export { createLocalCaIssuer } from './local-ca-issuer.ts'
export { createLocalCa, type LocalCa } from './local-ca.ts'
export { signLeaf, type LeafRequest } from './sign-leaf.ts'
