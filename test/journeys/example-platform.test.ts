import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Fleet, startFleet } from '../services/fleet.ts'
import { eventually } from '../services/processes.ts'

const EXAMPLE = join(import.meta.dirname, '../../packages/client/examples/launch-site.ts')
const run = promisify(execFile)

let fleet: Fleet
beforeAll(async () => {
  fleet = await startFleet()
})
afterAll(() => fleet?.stop())

const launch = (...args: string[]) =>
  run(process.execPath, [EXAMPLE, ...args], { env: { MOORING_API_URL: fleet.apiUrl, MOORING_API_KEY: fleet.apiKey } })

it('a platform launches a customer’s site with forty lines and the client, over a restart of the API', async () => {
  const hostname = 'shop.of-a-platform.com'
  const platform = launch(hostname, fleet.site.url)
  const domain = await eventually('the platform has registered it', async () => {
    const { status, body } = await fleet.call('GET', `/v1/domains/${hostname}`)
    return status === 200 ? body : null
  })
  // A release is rolled out while the platform waits.
  await fleet.api.stop()
  await fleet.addRecords(domain)
  fleet.api = fleet.startApi()
  await eventually('the API is back', async () => (await fetch(`${fleet.apiUrl}/readyz`)).ok)
  await fleet.call('POST', `/v1/domains/${domain.id}/check`)

  const { stdout } = await platform
  for (const { name, value } of domain.dns.records) expect(stdout).toContain(`${name} ${value}`)
  expect(stdout).toMatch(/^https:\/\/shop\.of-a-platform\.com is live until 2\d{3}-/m)
  for (const edge of fleet.edges) expect((await fleet.visitHttps(edge, hostname)).status).toBe(200)

  await expect(launch('no-domain', 'ftp://x')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^ {2}hostname: .*\n {2}target\.url: /m),
  })
  expect((await readFile(EXAMPLE, 'utf8')).split('\n').length).toBeLessThan(40)
})
