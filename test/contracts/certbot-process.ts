/**
 * A process that finalizes one order through certbot. It sends every answer to publish to its parent, goes on when the
 * parent sends anything back, and says so once certbot has been told to go on as well.
 */
import { once } from 'node:events'
import { createCertbotIssuer } from '@mooring/providers'

const { csr, orderUrl, ...options } = JSON.parse(String(process.argv[2])) as Record<string, string>

const issuer = createCertbotIssuer({
  directoryUrl: String(options['directoryUrl']),
  caFile: options['caFile'],
  dataFolder: String(options['dataFolder']),
  answers: {
    async publish(answer) {
      process.send?.(answer)
      await once(process, 'message')
      setImmediate(() => process.send?.('certbot goes on'))
    },
  },
})
await issuer.finalize({ orderUrl: String(orderUrl) }, Buffer.from(String(csr), 'base64'), new AbortController().signal)
