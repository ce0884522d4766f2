import { type Manner, type Query, type Question, encodeQuery, isTruncated, newQuery, readAnswer } from './message.ts'
import { type Reply, toReply } from './reply.ts'
import type { ServerAddress } from './server-address.ts'
import { exchangeOverTcp } from './tcp-exchange.ts'
import { exchangeOverUdp } from './udp-exchange.ts'

const ATTEMPTS = 2

interface Asking {
  server: ServerAddress
  manner: Manner
  /** Per attempt; there are two. */
  timeoutMs: number
}

/**
 * Asks one server: by UDP, by TCP what did not fit, without EDNS if it does not know that. Null when it stays silent;
 * an answer of more than `exchangeOverTcp` reads counts as a failure of the server.
 */
export async function queryServer(question: Question, asking: Asking): Promise<Reply | null> {
  let edns = true
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const answer = await ask(newQuery(question), { ...asking, edns })
    if (answer === 'oversized') return { ...EMPTY, rcode: 'OVERSIZED' }
    // RFC 6891 §7: a server that knows no EDNS may say so this way.
    if (answer?.rcode === 'FORMERR' && edns) edns = false
    else if (answer !== null) return answer
  }
  return null
}

const EMPTY: Omit<Reply, 'rcode'> = {
  isAuthoritative: false,
  answers: [],
  referral: [],
  glue: [],
  soa: null,
  hasDs: false,
  explanation: null,
}

async function ask(
  query: Query,
  { server, timeoutMs, edns, manner }: Asking & { edns: boolean },
): Promise<Reply | 'oversized' | null> {
  const message = encodeQuery(query, { edns, manner })
  const read = (answer: Buffer) => (isTruncated(answer, query) ? 'truncated' : readAnswer(answer, query))
  const answer = await exchangeOverUdp(message, server, { timeoutMs, read })
  if (answer !== 'truncated') return answer && toReply(answer)

  const whole = await exchangeOverTcp(message, server, timeoutMs)
  if (!Buffer.isBuffer(whole)) return whole
  const packet = readAnswer(whole, query)
  return packet && toReply(packet)
}
