import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { editsTowards } from './single-records.ts'

const record = (id: number, value: string, ttlSeconds = 300) => ({ id, type: 'A' as const, value, ttlSeconds })
const wanted = (...values: string[]) => ({ type: 'A' as const, ttlSeconds: 300, values })

describe('editsTowards', () => {
  it('leaves what is as it should be, rewrites what is not, and only then adds or removes', () => {
    const present = [record(1, '192.0.2.1'), record(2, '192.0.2.9')]
    expect(editsTowards(wanted('192.0.2.1', '192.0.2.2', '192.0.2.3'), present)).toEqual({
      update: [{ id: 2, value: '192.0.2.2' }],
      create: ['192.0.2.3'],
      remove: [],
    })
    expect(editsTowards(wanted('192.0.2.2'), present)).toEqual({
      update: [{ id: 1, value: '192.0.2.2' }],
      create: [],
      remove: [2],
    })
  })

  it('rewrites a record for its time to live alone', () => {
    const { update } = editsTowards(wanted('192.0.2.1'), [record(1, '192.0.2.1', 3600)])
    expect(update).toEqual([{ id: 1, value: '192.0.2.1' }])
  })

  it('knows an address by any spelling', () => {
    const present = [{ id: 1, type: 'AAAA' as const, value: '2001:db8::1', ttlSeconds: 300 }]
    const edits = editsTowards({ type: 'AAAA', ttlSeconds: 300, values: ['2001:DB8:0::1'] }, present)
    expect(edits).toEqual({ update: [], create: [], remove: [] })
  })

  it('always ends at the wanted values, each once', () => {
    const values = fc.uniqueArray(fc.ipV4(), { maxLength: 6 })
    const standing = fc.array(fc.tuple(fc.ipV4(), fc.constantFrom(300, 3600)), { maxLength: 6 })
    fc.assert(
      fc.property(values, standing, (values, standing) => {
        const present = standing.map(([value, ttl], id) => record(id, value, ttl))
        const { update, create, remove } = editsTowards(wanted(...values), present)
        const after = new Map(present.map(({ id, value, ttlSeconds }) => [id, `${value} ${ttlSeconds}`]))
        for (const { id, value } of update) after.set(id, `${value} 300`)
        for (const id of remove) after.delete(id)
        const end = [...after.values(), ...create.map((value) => `${value} 300`)]
        expect(end.sort()).toEqual(values.map((value) => `${value} 300`).sort())
      }),
    )
  })
})
