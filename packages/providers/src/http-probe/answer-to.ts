import type { ProbeAnswer } from '@mooring/core'

/** What Linux says when it has no address or no way of that family: nothing was sent (connect(2)). */
const NO_ROUTE = ['ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT']

const WORDS: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  HPE_HEADER_OVERFLOW: 'too many headers',
}
/** How OpenSSL's errors end that are about an answer without TLS; Node gives most of them the code EPROTO. */
const NOT_TLS = /wrong version number|packet length too long|http request/

type NoAnswer = Exclude<ProbeAnswer, { kind: 'answer' }>

/** What an error of Node's client says about the server, in plain words. */
export function answerTo(error: NodeJS.ErrnoException, tooLate: NoAnswer): NoAnswer {
  const { code = '' } = error
  if (NO_ROUTE.includes(code)) return { kind: 'no_route' }
  if (code === 'ETIMEDOUT') return tooLate
  return { kind: 'unreachable', detail: detailOf(error, code) }
}

function detailOf({ message }: Error, code: string): string {
  // Node gives the code of a reset to a connection that was closed in good order but too early.
  if (message === 'socket hang up' || message.includes('before secure TLS connection')) {
    return 'connection closed without an answer'
  }
  if (message === 'aborted') return 'connection closed in the middle of the answer'
  const words = WORDS[code]
  if (words !== undefined) return words
  if (code.startsWith('HPE_')) return 'not HTTP'
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') {
    return NOT_TLS.test(message) ? 'not HTTPS' : 'TLS handshake refused'
  }
  return `no connection (${code || message.slice(0, 100)})`
}
