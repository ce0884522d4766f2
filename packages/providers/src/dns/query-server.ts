import {
  type Manner,
  type Query,
  type Question,
  encodeQuery,
  isTruncated,
  keepsCase,
  newQuery,
  readAnswer,
  refusesEdns,
  withRandomCase,
} from './message.ts'
import { type Reply, toReply } from './reply.ts'
import type { ServerAddress } from './server-address.ts'
import { exchangeOverTcp } from './tcp-exchange.ts'
import { exchangeOverUdp } from './udp-exchange.ts'

export interface Asking {
  server: ServerAddress
  manner: Manner
  /** Per attempt; there are two. */
  timeoutMs: number
  /** Ends both. */
  signal: AbortSignal
}

/**
 * Asks one server: by UDP, by TCP what did not fit, without EDNS if it does not know that. Null when it stays silent;
 * an answer of more than `exchangeOverTcp` reads counts as a failure of the server.
 */
export async function queryServer(question: Question, asking: Asking): Promise<Reply | null> {
  const query = newQuery(question)
  // Zones' servers are used to it from public resolvers. Others, such as those of test networks, may compare names as is.
  const guarded = asking.manner === 'iterative' ? withRandomCase(query) : query
  const first = await ask(guarded, { ...asking, edns: true })
  const edns = first !== NO_EDNS
  if ((first !== null && edns) || asking.signal.aborted) return first
  return ask(newQuery(question), { ...asking, edns })
}

const FAILED: Omit<Reply, 'rcode'> = {
  isAuthoritative: false,
  answers: [],
  referral: [],
  glue: [],
  soa: null,
  hasDs: false,
  extendedError: null,
}
const OVERSIZED: Reply = { ...FAILED, rcode: 'OVERSIZED' }
const NO_EDNS: Reply = { ...FAILED, rcode: 'FORMERR' }

async function ask(
  query: Query,
  { server, edns, manner, timeoutMs, signal }: Asking & { edns: boolean },
): Promise<Reply | null> {
  const message = encodeQuery(query, { edns, manner })
  const read = (answer: Buffer) => {
    if (isTruncated(answer, query)) return 'over tcp'
    if (edns && refusesEdns(answer, query)) return 'without edns'
    const packet = readAnswer(answer, query)
    return packet === null || keepsCase(packet, query) ? packet : 'over tcp'
  }
  const answer = await exchangeOverUdp(message, server, { timeoutMs, signal, read })
  if (answer === 'without edns') return NO_EDNS
  if (answer !== 'over tcp') return answer && toReply(answer)

  // It did not fit, or may be forged: within a connection nobody but the server can answer.
  const whole = await exchangeOverTcp(message, server, { timeoutMs, signal })
  if (whole === 'oversized') return OVERSIZED
  const packet = whole && readAnswer(whole, query)
  return packet && toReply(packet)
}
