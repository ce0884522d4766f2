import { type Tracer, inSpan } from '@mooring/core'
import type { Transport } from './transport.ts'

/** The transport, each of whose exchanges is a span: a request that is repeated for its nonce is seen twice. */
export const traceTransport = (transport: Transport, tracer: Tracer): Transport => ({
  ...transport,
  send: (call) => {
    const facts = { 'http.request.method': call.method, 'server.address': URL.parse(call.url)?.host ?? '' }
    return inSpan(tracer, { name: `acme ${call.what}`, kind: 'client', facts }, async (span) => {
      const answer = await transport.send(call)
      span.set({ 'http.response.status_code': answer.status })
      if (answer.status >= 400) span.fail(`HTTP status ${answer.status}`)
      return answer
    })
  },
})
