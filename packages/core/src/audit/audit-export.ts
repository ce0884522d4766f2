import { z } from 'zod'
import type { AuditRecord } from './audit-record.ts'
import { type AuditChain, type ChainVerdict, verifyChain } from './verify-chain.ts'

const place = z.object({ seq: z.int(), hash: z.string() })
const chainLine = z.object({ chain: z.object({ tenant: z.string(), after: place, head: place }) })
const recordLine = z.looseObject({ id: z.string(), tenant: z.string(), seq: z.int(), hash: z.string() })

/** The line that begins a chain in an export; the lines of its records follow. */
export const chainLineOf = ({ tenant, after, head }: AuditChain): string =>
  `${JSON.stringify({ chain: { tenant, after, head } })}\n`

export const recordLineOf = (record: AuditRecord): string => `${JSON.stringify(record)}\n`

/**
 * Verifies the lines of an export, with nothing else at hand. That the last rows and the line that tells of them were cut
 * off together is seen only by whoever knows the head's hash from elsewhere, hence `head` in each verdict. A line that is
 * none of an export breaks the chain it stands in; before the first chain, it is a chain of its own.
 */
export async function verifyExport(
  lines: AsyncIterable<string>,
): Promise<(ChainVerdict & { head: AuditChain['head'] })[]> {
  const verdicts: (ChainVerdict & { head: AuditChain['head'] })[] = []
  const source = lines[Symbol.asyncIterator]()
  let chain = await firstChain(source)
  while (chain !== null) {
    const { head } = chain
    const section = { next: null as AuditChain | null }
    const verdict = await verifyChain(chain, recordsUntilNextChain(source, section))
    // After a break the rest of the section is still to be read past.
    if (!verdict.ok) await readPast(recordsUntilNextChain(source, section))
    verdicts.push({ ...verdict, head })
    chain = section.next
  }
  return verdicts
}

/** A stray line before any chain is judged as a chain that cannot hold it. */
async function firstChain(source: AsyncIterator<string>): Promise<AuditChain | null> {
  for (;;) {
    const { done, value } = await source.next()
    if (done === true) return null
    if (value.trim() === '') continue
    return readChain(value) ?? { tenant: '', after: NOWHERE, head: { seq: 1, hash: '' } }
  }
}

const NOWHERE = { seq: 0, hash: '' }

async function* recordsUntilNextChain(
  source: AsyncIterator<string>,
  section: { next: AuditChain | null },
): AsyncGenerator<AuditRecord> {
  while (section.next === null) {
    const { done, value } = await source.next()
    if (done === true) return
    if (value.trim() === '') continue
    section.next = readChain(value)
    if (section.next === null) yield readRecord(value)
  }
}

async function readPast(records: AsyncGenerator<AuditRecord>): Promise<void> {
  while ((await records.next()).done !== true);
}

const readChain = (line: string): AuditChain | null => chainLine.safeParse(parseJson(line)).data?.chain ?? null

/** What is no record is one that follows nothing. */
function readRecord(line: string): AuditRecord {
  const read = recordLine.safeParse(parseJson(line))
  return (read.success ? read.data : { tenant: '', seq: Number.NaN, personal: null }) as unknown as AuditRecord
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null // Then it is no line of an export, which is the answer.
  }
}
