/** Launches a customer's site: node launch-site.ts <hostname> <url of the server behind it> */
import { ProblemError, StateError, createClient } from '@mooring/client'

const { MOORING_API_URL: baseUrl = 'http://127.0.0.1:8080', MOORING_API_KEY: apiKey = '' } = process.env
const [hostname = '', url = ''] = process.argv.slice(2)
const mooring = createClient({ baseUrl, apiKey })

try {
  const domain = await mooring.launch({ hostname, target: { type: 'proxy', url } })

  console.log('Ask your customer to add these records:')
  for (const { type, name, value } of domain.dns.records) console.log(`  ${type} ${name} ${value}`)

  const { certificate } = await mooring.waitForState(domain.id, ['active'])
  console.log(`https://${hostname} is live until ${certificate.not_after}, and renewed before.`)
} catch (error) {
  if (!(error instanceof ProblemError || error instanceof StateError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
