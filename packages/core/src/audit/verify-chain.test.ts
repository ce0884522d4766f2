import { describe, expect, it } from 'vitest'
import { chainLineOf, recordLineOf, verifyExport } from './audit-export.ts'
import { type AuditPersonal, type AuditRecord, hashPersonal, hashRecord, NO_HASH } from './audit-record.ts'
import { type AuditChain, verifyChain } from './verify-chain.ts'

const START = { seq: 0, hash: NO_HASH }

/** Of so many rows, each well linked. */
function aChain(length: number, tenant = 'acme'): { chain: AuditChain; records: AuditRecord[] } {
  let last = START
  const records = Array.from({ length }, (_, place) => {
    const personal: AuditPersonal = {
      salt: 'f0'.repeat(16),
      name: 'Ada',
      address: '192.0.2.1',
      user_agent: null,
      why: `reason ${place}`,
      before: null,
      after: { target: { type: 'none' } },
    }
    const record: AuditRecord = {
      id: String(place + 100),
      at: '2026-11-21T12:00:00.000Z',
      tenant,
      seq: last.seq + 1,
      actor: { kind: 'user', id: 'user_1', tenant: null },
      action: 'domains.suspend',
      outcome: 'done',
      subject: `dom_${place}`,
      before: { state: 'active' },
      after: { state: 'suspended' },
      request_id: null,
      personal_hash: hashPersonal(personal),
      prev_hash: last.hash,
      hash: '',
      personal,
    }
    last = { seq: record.seq, hash: hashRecord(record) }
    return { ...record, hash: last.hash }
  })
  return { chain: { tenant, after: START, head: last }, records }
}

async function* each<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values
}

const brokenAt = async (chain: AuditChain, records: AuditRecord[]) => (await verifyChain(chain, each(records))).brokenAt

describe('a chain', () => {
  const { chain, records } = aChain(5)
  const changed = (place: number, change: Partial<AuditRecord>) =>
    records.map((record, at) => (at === place ? { ...record, ...change } : record))

  it('is good as it was written, and with what is personal erased', async () => {
    expect(await verifyChain(chain, each(records))).toEqual({ tenant: 'acme', entries: 5, ok: true, brokenAt: null })
    expect(await brokenAt(chain, changed(2, { personal: null }))).toBeNull()
  })

  it.each<[string, Partial<AuditRecord>]>([
    ['who', { actor: { kind: 'user', id: 'user_2', tenant: null } }],
    ['what', { action: 'domains.resume' }],
    ['when', { at: '2026-11-21T12:00:00.001Z' }],
    ['the state after it', { after: { state: 'active' } }],
    ['whose it is', { tenant: 'globex' }],
    ['its hash', { hash: NO_HASH }],
  ])('shows the row in which somebody changed %s', async (_what, change) => {
    expect(await brokenAt(chain, changed(2, change))).toBe(3)
  })

  it('shows a name or a reason that was put in the place of another', async () => {
    const personal = { ...(records[1]?.personal as AuditPersonal), why: 'another one' }
    expect(await brokenAt(chain, changed(1, { personal }))).toBe(2)
  })

  it('shows a row that was changed and hashed anew by the one after it', async () => {
    const forged = { ...(records[1] as AuditRecord), action: 'nothing' }
    expect(await brokenAt(chain, changed(1, { ...forged, hash: hashRecord(forged) }))).toBe(3)
  })

  it('shows a row that is missing, at the beginning, within and at the end', async () => {
    expect(await brokenAt(chain, records.slice(1))).toBe(1)
    expect(await brokenAt(chain, records.toSpliced(2, 1))).toBe(3)
    expect(await brokenAt(chain, records.slice(0, -1))).toBe(5)
    expect(await brokenAt(chain, [])).toBe(1)
  })

  it('shows two rows that changed places', async () => {
    const [a, b, c, ...rest] = records as [AuditRecord, AuditRecord, AuditRecord]
    expect(await brokenAt(chain, [a, c, b, ...rest])).toBe(2)
  })

  it('goes on from its checkpoint after its beginning was removed in time', async () => {
    const second = records[1] as AuditRecord
    const after = { seq: second.seq, hash: second.hash }
    expect(await brokenAt({ ...chain, after }, records.slice(2))).toBeNull()
    expect(await brokenAt({ ...chain, after: { ...after, hash: NO_HASH } }, records.slice(2))).toBe(3)
  })
})

describe('an export', () => {
  const acme = aChain(3)
  const globex = aChain(2, 'globex')
  const lines = [acme, globex].flatMap(({ chain, records }) => [chainLineOf(chain), ...records.map(recordLineOf)])
  const verdictsOf = async (given: string[]) =>
    (await verifyExport(each(given))).map(({ tenant, entries, brokenAt: at }) => [tenant, entries, at])

  it('verifies by itself', async () => {
    expect(await verdictsOf(lines)).toEqual([
      ['acme', 3, null],
      ['globex', 2, null],
    ])
    expect(await verdictsOf([])).toEqual([])
  })

  it('shows in which chain a line was changed or is missing, and goes on with the next one', async () => {
    expect(await verdictsOf(lines.toSpliced(1, 1))).toEqual([
      ['acme', 1, 1],
      ['globex', 2, null],
    ])
    expect(await verdictsOf(lines.with(2, 'no JSON'))).toEqual([
      ['acme', 2, 2],
      ['globex', 2, null],
    ])
    expect(await verdictsOf(lines.with(1, '{"id":1}'))).toMatchObject([
      ['acme', 1, 1],
      ['globex', 2, null],
    ])
    expect(await verdictsOf(lines.slice(0, -1))).toEqual([
      ['acme', 3, null],
      ['globex', 1, 2],
    ])
  })

  it('does not take what is no export for one', async () => {
    expect(await verdictsOf(['hello'])).toEqual([['', 0, 1]])
  })
})
