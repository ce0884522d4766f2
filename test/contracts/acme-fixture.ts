import { randomBytes } from 'node:crypto'
import { baseOf, createKeyCustody } from '@mooring/core'
import { type AcmeIssuerOptions, createAcmeIssuer } from '@mooring/providers'
import { memoryAcmeAccounts } from '../builders/acme-accounts.ts'
import { type Challtestsrv, startChalltestsrv } from '../services/challtestsrv.ts'
import { type Pebble, type PebbleOptions, startPebble } from '../services/pebble.ts'
import type { IssuerFixture } from './issuer.contract.ts'

export interface AcmeFixture extends IssuerFixture {
  pebble: Pebble
  challtestsrv: Challtestsrv
  /** What `newIssuer` is made with; every issuer of the fixture shares the account. */
  options: AcmeIssuerOptions
}

/** A real Pebble that validates against challtestsrv, and issuers over one store. */
export async function startAcmeFixture(
  overrides: Pick<PebbleOptions, 'env' | 'externalAccounts'> & Partial<AcmeIssuerOptions> = {},
): Promise<AcmeFixture> {
  const { env = {}, externalAccounts, ...issuerOptions } = overrides
  const challtestsrv = await startChalltestsrv()
  const { dnsServer, http01Port } = challtestsrv.address
  const pebble = await startPebble({
    dnsServer,
    httpPort: http01Port,
    env,
    ...(externalAccounts === undefined ? {} : { externalAccounts }),
  })
  const options: AcmeIssuerOptions = {
    directoryUrl: pebble.address.directoryUrl,
    caFile: pebble.address.caFile,
    accounts: memoryAcmeAccounts(),
    custody: createKeyCustody(randomBytes(32).toString('hex')),
    ...issuerOptions,
  }
  const issuers: { close(): Promise<void> }[] = []
  return {
    pebble: pebble.address,
    challtestsrv: challtestsrv.address,
    options,
    newIssuer: () => {
      const issuer = createAcmeIssuer(options)
      issuers.push(issuer)
      return issuer
    },
    publish: async (hostname, challenges) => {
      await challtestsrv.address.setA(baseOf(hostname), ['127.0.0.1'])
      for (const challenge of challenges) {
        if (challenge.type === 'dns-01') await challtestsrv.address.setTXT(challenge.name, [challenge.value])
        else await challtestsrv.address.addHttp01(challenge.token, challenge.keyAuthorization)
      }
    },
    rootPem: () => pebble.address.rootPem(),
    stop: async () => {
      await Promise.all(issuers.map((issuer) => issuer.close()))
      await pebble.stop()
      await challtestsrv.stop()
    },
  }
}
