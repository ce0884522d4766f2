import { markNameOf, readMark } from '../dns/record-mark.ts'
import { type Asked, type Verdict, isMute, judgeEach, missed, proved, unanswered } from '../domain/verdict.ts'
import { routingBy } from './look-at-routing.ts'
import type { Ask, Look, Looked } from './looked.ts'

/**
 * In a zone the platform controls, the proof is that it does: the mark beside the records it wrote for this domain is
 * what the zone's servers serve. Records that somebody had entered already, and that say the same, were left without a
 * mark: there the name leads here as it should.
 */
export async function lookAtManaged(ask: Ask, domain: Looked, context: Look): Promise<Verdict> {
  const { zones, clock } = context
  const { hostname, tenant, id } = domain
  const markName = markNameOf(hostname) ?? hostname
  const asked: Asked = { question: `${markName} TXT`, expected: [`a mark of ${id}`], serial: null, now: clock.now() }
  if ((await zones.holding(hostname, tenant)) === null) {
    const message = `No zone that the platform manages holds ${hostname} any more. Add the zone again.`
    return missed({ code: 'DNS_ZONE_UNMANAGED', message, observed: [] }, asked)
  }
  const marked = judgeEach(await ask(markName, 'TXT'), asked, (answer) => {
    if (isMute(answer)) return unanswered(answer, asked)
    const values = answer.kind === 'records' ? answer.records.filter(({ type }) => type === 'TXT') : []
    const owners = values.map(
      ({ value }) => readMark({ name: markName, type: 'TXT', ttlSeconds: 0, values: [value] })?.owner,
    )
    if (owners.includes(id)) return proved([markName], 'current', asked)
    const message = `The records of ${hostname} were written, but the zone's servers do not serve them yet.`
    return missed({ code: 'DNS_RECORD_MISSING', message, observed: values.map(({ value }) => value) }, asked)
  })
  if (marked.proved || marked.finding.status !== 'missing') return marked
  const routing = await routingBy(ask, domain, context)
  return routing.proved ? routing : marked
}
