import { join } from 'node:path'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { provideCertbot } from '../services/certbot.ts'
import { type Fleet, startFleet } from '../services/fleet.ts'

let fleet: Fleet
let folder: string
beforeAll(async () => {
  await provideCertbot()
  folder = await mkdtemp(join(tmpdir(), 'mooring-certbot-journey-'))
  fleet = await startFleet({ workers: 1, edges: 1, env: { MOORING_ISSUER: 'certbot', MOORING_DATA_DIR: folder } })
})
afterAll(async () => {
  await fleet?.stop()
  await rm(folder, { recursive: true, force: true })
})

it('a name is launched through certbot, whose answers the edges hand out as any other', async () => {
  const domain = await fleet.launch('shop.certbot-customer.com')
  expect(domain.certificate).toMatchObject({ status: 'issued', issuer: 'certbot' })
  const edge = fleet.edges[0] ?? expect.fail('no edge')
  expect(await fleet.visitHttps(edge, domain.hostname)).toMatchObject({
    status: 200,
    serial: domain.certificate.serial,
  })
})
