import type { RecordSet } from '../ports.ts'
import { challengeMark, isMarkOf, markedValue } from './challenge-mark.ts'
import type { ChallengePlace } from './challenge-place.ts'
import { markNameOf } from './record-mark.ts'

/** They stand for seconds. A set in which somebody else's values stand keeps the time that it has. */
const TTL_SECONDS = 60

interface Writer {
  /** The domain's id. */
  owner: string
  signal: AbortSignal
}

/** `alias`: a CNAME stands there, beside which no TXT record can (RFC 1034 §3.6.2); nothing was written. */
export type Written = { kind: 'written' } | { kind: 'alias'; target: string }

/**
 * Makes the values stand beside what others have there, in place of what an order before left behind. Both functions throw
 * `DnsProviderProblem`, and are safe to repeat.
 */
export async function writeValues(place: ChallengePlace, values: string[], writer: Writer): Promise<Written> {
  const sets = await setsAt(place, place.name, writer)
  const [target] = sets.find(({ type }) => type === 'CNAME')?.values ?? []
  if (target !== undefined) return { kind: 'alias', target }
  const text = textIn(sets, place.name)
  if (values.every((value) => text.values.includes(value))) return { kind: 'written' }

  // Before the values themselves: a mark may claim too much for a while, never too little.
  const marks = await marksOf(place, writer)
  const newMarks = values.map((value) => challengeMark(writer.owner, value))
  if (marks !== null) await replace(place, marks, [...new Set([...marks.values, ...newMarks])], writer)
  const stale = claimed(place, text, { marks, owner: writer.owner })
  const others = text.values.filter((value) => !stale.includes(value) && !values.includes(value))
  await replace(place, text, [...others, ...values], writer)
  return { kind: 'written' }
}

/** Takes away the values, and what an order before left behind. */
export async function withdrawValues(place: ChallengePlace, values: string[], writer: Writer): Promise<void> {
  const text = textIn(await setsAt(place, place.name, writer), place.name)
  const marks = await marksOf(place, writer)
  const ours = [...values, ...claimed(place, text, { marks, owner: writer.owner })]
  const others = text.values.filter((value) => !ours.includes(value))
  await replace(place, text, others, writer)
  if (marks === null) return
  const othersMarks = marks.values.filter((mark) => !isMarkOf(mark, writer.owner))
  await replace(place, marks, othersMarks, writer)
}

/** Of the values that stand, or stood, those that this domain wrote. */
function claimed(
  { isOwn }: ChallengePlace,
  { values }: RecordSet,
  { marks, owner }: { marks: RecordSet | null; owner: string },
): string[] {
  if (isOwn) return values
  const own = (marks?.values ?? []).filter((mark) => isMarkOf(mark, owner))
  return own.map(markedValue).filter((value) => value !== null)
}

const setsAt = ({ zone }: ChallengePlace, name: string, { signal }: Writer): Promise<RecordSet[]> =>
  zone.provider.list(zone.name, name, signal)

const textIn = (sets: RecordSet[], name: string): RecordSet =>
  sets.find(({ type }) => type === 'TXT') ?? { name, type: 'TXT', ttlSeconds: TTL_SECONDS, values: [] }

/** Null where nothing has to be marked, or a mark would be too long for DNS: then only this order's values are known. */
async function marksOf({ isOwn, ...place }: ChallengePlace, writer: Writer): Promise<RecordSet | null> {
  const name = isOwn ? null : markNameOf(place.name)
  return name === null ? null : textIn(await setsAt({ isOwn, ...place }, name, writer), name)
}

/** Nothing is asked of the DNS host where nothing changes. */
async function replace({ zone }: ChallengePlace, set: RecordSet, values: string[], { signal }: Writer): Promise<void> {
  const isSame = values.length === set.values.length && values.every((value) => set.values.includes(value))
  if (isSame) return
  if (values.length > 0) await zone.provider.upsert(zone.name, { ...set, values }, signal)
  else await zone.provider.remove(zone.name, set, signal)
}
