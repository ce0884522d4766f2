import { type EdgeIdentity, type Hostname, VERIFICATION_METHODS } from '@mooring/core'
import { z } from 'zod'
import type { Expectation, Proof } from '../doctor/expectation.ts'
import { parseProofRecord, parseToken } from '../doctor/parse-proof.ts'
import { type Server, callServer } from './call-server.ts'

/** What a server of Mooring knows about the hostname; `detail` says in plain words why it is of no help. */
export type ServerAnswer = { kind: 'known'; expectation: Expectation } | { kind: 'no_help'; detail: string }

// No more of the domain than is needed here, so that servers of other releases are understood as well.
const domainSchema = z.object({
  id: z.string(),
  verification: z.object({
    method: z.enum(VERIFICATION_METHODS),
    routing: z.boolean().default(true),
    http: z.object({ body: z.string() }).nullish(),
  }),
  tls: z.object({ mode: z.enum(['auto', 'off', 'imported']) }),
  dns: z.object({ records: z.array(z.object({ type: z.string(), value: z.string(), purpose: z.string() })) }),
})

/** Asks what was agreed on for the hostname: `GET /v1/domains/{hostname}`. */
export async function askExpectation(server: Server, hostname: Hostname): Promise<ServerAnswer> {
  const { host } = new URL(server.url)
  const answer = await callServer(server, { method: 'GET', path: `/v1/domains/${encodeURIComponent(hostname)}` })
  if (answer.kind === 'silent') return { kind: 'no_help', detail: answer.detail }
  if (answer.status === 404) return { kind: 'no_help', detail: `${host} does not know this hostname` }
  if (answer.status === 401 || answer.status === 403) {
    return { kind: 'no_help', detail: `${host} refuses the key in MOORING_API_KEY` }
  }
  const domain = domainSchema.safeParse(answer.body)
  if (answer.status === 200 && domain.success) return { kind: 'known', expectation: expectationOf(domain.data) }
  return { kind: 'no_help', detail: `${host} answers with status ${answer.status}, not with a domain` }
}

function expectationOf({ id, verification, tls, dns }: z.output<typeof domainSchema>): Expectation {
  const { method, routing, http } = verification
  const [delegation] = dns.records.filter(({ purpose }) => purpose === 'certificate')
  const values = (...types: string[]) =>
    dns.records.filter((record) => types.includes(record.type) && record !== delegation).map(({ value }) => value)
  const aliases = values('CNAME').map(splitAlias)
  const proofs = [
    ...values('TXT').map(parseProofRecord),
    ...aliases.map(({ token }) => parseToken(token)),
    ...(http ? [parseToken(http.body)] : []),
  ]
  const proof = proofs.find((each): each is { ok: true; value: Proof } => each.ok)?.value ?? null
  const edge = edgeOf({
    hostname: aliases[0]?.edge ?? '',
    addresses: values('A', 'AAAA'),
    // The claim's own label stands before it.
    challengeZone: delegation === undefined ? null : delegation.value.split('.').slice(1).join('.'),
  })
  return { id, method, routing, tls: tls.mode, proof, edge }
}

/** Of the method `cname`, the token is a label before the edges' own name. */
function splitAlias(target: string): { token: string; edge: string } {
  const [, token = '', edge = ''] = /^(?:([0-9a-f]{40})\.)?(.*)$/i.exec(target) ?? []
  return { token, edge }
}

function edgeOf(edge: EdgeIdentity & { challengeZone: string | null }): EdgeIdentity | null {
  const isKnown = edge.hostname !== '' || edge.addresses.length > 0 || edge.challengeZone !== null
  return isKnown ? edge : null
}
