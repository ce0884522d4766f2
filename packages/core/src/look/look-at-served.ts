import type { Domain } from '../domain/domain.ts'
import { nameUnder } from '../edge/name-under.ts'
import type { LifecyclePolicy } from '../lifecycle/step.ts'
import type { TlsAnswer, TlsProbe } from '../ports.ts'
import { type Reason, reason } from '../reasons.ts'

/** What looking at the edges takes. */
export interface LookAtEdges {
  tlsProbe: TlsProbe
  policy: Pick<LifecyclePolicy, 'edge'>
  signal: AbortSignal
}

/** The certificate that ought to be served. `serial` is upper-case hex. */
export interface RecordedCertificate {
  serial: string
  notAfter: Date
}

/**
 * Whether every edge shows the certificate that the records say it does. Null when none shows another one: edges that do
 * not answer are told of by their missing heartbeat, not here.
 */
export async function lookAtServed(
  { hostname }: Pick<Domain, 'hostname'>,
  recorded: RecordedCertificate,
  { tlsProbe, policy, signal }: LookAtEdges,
): Promise<Reason | null> {
  const name = nameUnder(hostname)
  const seen = await Promise.all(
    policy.edge.addresses.map(async (address) => {
      const answer = await tlsProbe.certificateAt({ hostname: name, address }, signal)
      return { address, found: otherThan(recorded, answer) }
    }),
  )
  const wrong = seen.flatMap(({ address, found }) => (found === null ? [] : [{ address, found }]))
  const [first] = wrong
  if (first === undefined) return null
  const expected = describe(recorded)
  const others = wrong.length === 1 ? '' : ` So do ${wrong.length - 1} more addresses.`
  const message =
    `The edge at ${first.address} shows ${first.found} for ${hostname}; the records have ${expected}.${others} ` +
    'See that the agent of that edge runs and reaches the control plane: it then serves what is recorded.'
  return reason('CERT_NOT_SERVED', message, {
    expected: [expected],
    observed: wrong.map(({ address, found }) => `${address}: ${found}`),
  })
}

/** What is served in place of the recorded certificate; null when it is that one, or when nobody says. */
function otherThan(recorded: RecordedCertificate, answer: TlsAnswer): string | null {
  if (answer.kind === 'refused') return 'no certificate'
  return answer.kind !== 'served' || isSame(recorded, answer) ? null : describe(answer)
}

/** A private authority may number all of its certificates alike. */
const isSame = (one: RecordedCertificate, other: RecordedCertificate): boolean =>
  one.serial === other.serial && one.notAfter.getTime() === other.notAfter.getTime()

const describe = ({ serial, notAfter }: RecordedCertificate): string =>
  `certificate ${serial}, good until ${notAfter.toISOString()}`
