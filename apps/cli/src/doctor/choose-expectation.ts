import type { Hostname } from '@mooring/core'
import { askExpectation } from '../server/ask-expectation.ts'
import type { Server } from '../server/call-server.ts'
import type { Expectation } from './expectation.ts'

/** What the hostname is compared with, and a sentence that says where that comes from. */
export interface Basis {
  expectation: Expectation
  source: string
}

interface Sources {
  /** From the options and the environment. */
  given: Expectation
  /** Null where there is none, or where the options say it all. */
  server: Server | null
}

/** A server of Mooring knows best what was agreed on, when there is one and nobody said otherwise. */
export async function chooseExpectation(hostname: Hostname, { given, server }: Sources): Promise<Basis> {
  const alone = { expectation: given, source: describe(given) }
  if (server === null) return alone
  const answer = await askExpectation(server, hostname)
  if (answer.kind === 'no_help') {
    return { ...alone, source: `The server could not be asked what it expects: ${answer.detail}. ${alone.source}` }
  }
  return {
    expectation: { ...answer.expectation, edge: completed(answer.expectation.edge, given.edge) },
    source: `Compared with what ${new URL(server.url).host} expects of this hostname.`,
  }
}

/** The server names no address for a hostname that is to have a CNAME; the environment may. */
function completed(known: Expectation['edge'], given: Expectation['edge']): Expectation['edge'] {
  if (known === null) return given
  return {
    ...known,
    hostname: known.hostname === '' ? (given?.hostname ?? '') : known.hostname,
    addresses: known.addresses.length === 0 ? (given?.addresses ?? []) : known.addresses,
  }
}

function describe({ proof, edge }: Expectation): string {
  const unknown = [
    ...(proof === null ? ['the ownership token (--token)'] : []),
    ...(edge === null ? ['where the name is to lead (--edge, --address)'] : []),
  ]
  if (unknown.length === 0) return 'Compared with what the options and the environment say.'
  return `Not judged, because nobody said what is expected: ${unknown.join(' and ')}.`
}
