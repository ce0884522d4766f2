import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CaProblem, type Hostname, certificateComplaint, checkIssued } from '@mooring/core'
import { createLeafKeyAndCsr, createLocalCa, createLocalCaIssuer } from '@mooring/providers'
import { describe, expect, it } from 'vitest'
import { startAcmeFixture } from './acme-fixture.ts'
import { chainOf, issuerContract, place } from './issuer.contract.ts'

issuerContract('acme', () => startAcmeFixture())

const startLocalCa = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mooring-ca-'))
  const ca = await createLocalCa(folder)
  return {
    newIssuer: () => createLocalCaIssuer(ca),
    publish: async () => {},
    rootPem: async () => ca.caCertPem,
    stop: () => rm(folder, { recursive: true }),
  }
}

issuerContract('local', startLocalCa)

describe('the local issuer', () => {
  it('issues for a wildcard, which fits that wildcard and nothing else', async () => {
    const { newIssuer, stop } = await startLocalCa()
    const hostname = '*.shop.example.com' as Hostname
    const { keyPem, csrDer } = createLeafKeyAndCsr(hostname)
    const order = await place(newIssuer(), hostname)
    const chainPem = await chainOf(newIssuer(), { order, csrDer })
    await stop()

    const issued = checkIssued(chainPem, { hostname, keyPem, now: new Date() })
    if (issued instanceof CaProblem) throw issued
    const route = { id: 'crt_1', serial: issued.serial, chainPem: issued.chainPem, keyPem }
    expect(certificateComplaint(route, hostname)).toBeNull()
    expect(certificateComplaint(route, 'a.shop.example.com')).toBeNull()
    for (const name of ['shop.example.com', 'a.b.shop.example.com', '*.example.com', '*.a.shop.example.com']) {
      expect(certificateComplaint(route, name), name).toContain(name)
    }
    for (const name of ['a.shop.example.com', 'shop.example.com'] as Hostname[]) {
      expect(checkIssued(chainPem, { hostname: name, keyPem, now: new Date() }), name).toBeInstanceOf(CaProblem)
    }
  })
})
