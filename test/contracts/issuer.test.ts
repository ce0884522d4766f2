import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalCa, createLocalCaIssuer } from '@mooring/providers'
import { startAcmeFixture } from './acme-fixture.ts'
import { issuerContract } from './issuer.contract.ts'

issuerContract('acme', () => startAcmeFixture())

issuerContract('local', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mooring-ca-'))
  const ca = await createLocalCa(folder)
  return {
    newIssuer: () => createLocalCaIssuer(ca),
    publish: async () => {},
    rootPem: async () => ca.caCertPem,
    stop: () => rm(folder, { recursive: true }),
  }
})
