import type { ServiceAnswer } from '../server/service-answer.ts'
import { numeral } from './numeral.ts'
import { type Page, type Piece, copy, line, piece } from './page.ts'

/** One service: where it leads, and how far the edges are with its last change. */
export function servicePage({ name, tenant, scheme, servers, tls_name: tlsName, health, edges }: ServiceAnswer): Page {
  const whose = tenant === null ? ' is for the domains of all tenants.' : ` is for the domains of ${tenant}.`
  const spoken = tlsName === null ? scheme : `${scheme}, with the certificate of ${tlsName}`
  const asked = health === null ? 'Health is not asked for.' : askedFor(health)
  return [
    line([piece(name, 'strong'), piece(whose)]),
    line([piece(`Spoken to over ${spoken}. ${asked}`)]),
    ...servers.map((server) => copy('Server', server, { indent: 2 })),
    line([reached(edges)]),
  ]
}

const askedFor = ({ path, interval_seconds: seconds }: NonNullable<ServiceAnswer['health']>): string =>
  `Each server is asked for ${path} every ${seconds} s.`

function reached({ applied, pending, silent }: ServiceAnswer['edges']): Piece {
  if (applied + pending.length + silent.length === 0) return piece('There is no edge yet.', 'doubtful')
  const have = `${numeral(applied)} ${applied === 1 ? 'edge has' : 'edges have'} it`
  if (pending.length + silent.length === 0) return piece(`${have}: all there are.`, 'good')
  const parts = [
    have,
    ...(pending.length === 0 ? [] : [`still to come: ${pending.join(', ')}`]),
    ...(silent.length === 0 ? [] : [`not heard of: ${silent.join(', ')}`]),
  ]
  return piece(`${parts.join('; ')}.`, 'doubtful')
}
