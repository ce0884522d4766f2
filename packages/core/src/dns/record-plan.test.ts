import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RecordSet } from '../ports.ts'
import { describePlan } from './describe-plan.ts'
import { readMark } from './record-mark.ts'
import { type RecordChange, planRecords, planRemoval } from './record-plan.ts'

const owner = 'dom_1'
const set = (name: string, type: RecordSet['type'], ...values: string[]): RecordSet => ({
  name,
  type,
  ttlSeconds: 300,
  values,
})
const mark = (name: string, types: string, domain = owner) =>
  set(name, 'TXT', `heritage=mooring domain=${domain} types=${types}`)

const shop = 'shop.example.com'
const shopMark = `_mooring-owner.${shop}`
const wanted = [set(shop, 'CNAME', 'edge.platform.example')]

/** What stands after the changes, each name and type once. */
function apply(present: readonly RecordSet[], changes: readonly RecordChange[]): RecordSet[] {
  const key = ({ name, type }: RecordSet) => `${name} ${type}`
  const standing = new Map(present.map((one) => [key(one), one]))
  for (const change of changes) {
    if (change.kind === 'delete') standing.delete(key(change.set))
    else if (change.kind !== 'keep') standing.set(key(change.set), change.set)
  }
  return [...standing.values()].sort((one, other) => key(one).localeCompare(key(other)))
}

describe('planRecords', () => {
  it('marks a name before it writes there', () => {
    expect(planRecords({ wanted, present: [], owner })).toEqual({
      changes: [
        { kind: 'create', set: mark(shopMark, 'CNAME') },
        { kind: 'create', set: wanted[0] },
      ],
      conflicts: [],
    })
  })

  it('changes nothing when all stands, whatever the order and the spelling', () => {
    const addresses = [set(shop, 'AAAA', '2001:db8::1', '2001:db8::2')]
    const present = [set(shop, 'AAAA', '2001:DB8::2', '2001:0db8:0::1'), mark(shopMark, 'AAAA')]
    expect(planRecords({ wanted: addresses, present, owner }).changes.map(({ kind }) => kind)).toEqual(['keep'])
  })

  it('replaces what it wrote, addresses before the CNAME that cannot stand beside them', () => {
    const present = [set(shop, 'A', '192.0.2.1'), set(shop, 'AAAA', '2001:db8::1'), mark(shopMark, 'A,AAAA')]
    expect(describePlan(planRecords({ wanted, present, owner }))).toEqual([
      `change TXT ${shopMark} → "heritage=mooring domain=dom_1 types=A,AAAA,CNAME" (now "heritage=mooring domain=dom_1 types=A,AAAA", TTL 300)`,
      `delete A ${shop} → 192.0.2.1`,
      `delete AAAA ${shop} → 2001:db8::1`,
      `add CNAME ${shop} → edge.platform.example`,
      `change TXT ${shopMark} → "heritage=mooring domain=dom_1 types=CNAME" (now "heritage=mooring domain=dom_1 types=A,AAAA,CNAME", TTL 300)`,
    ])
  })

  it('leaves a foreign record alone and says which it is', () => {
    const present = [set(shop, 'CNAME', 'old.example.net')]
    const plan = planRecords({ wanted, present, owner })
    expect(plan).toEqual({
      changes: [],
      conflicts: [
        {
          name: shop,
          type: 'CNAME',
          values: ['old.example.net'],
          explanation: 'shop.example.com has CNAME old.example.net, which Mooring did not write.',
        },
      ],
    })
    expect(describePlan(plan)).toEqual([
      'in the way: shop.example.com has CNAME old.example.net, which Mooring did not write.',
    ])
  })

  it('does not touch what excludes a CNAME, nor a CNAME that excludes all else', () => {
    const foreignText = planRecords({ wanted, present: [set(shop, 'TXT', 'v=spf1 -all')], owner })
    expect(foreignText.conflicts[0]?.explanation).toBe(
      'shop.example.com has TXT "v=spf1 -all", which Mooring did not write and beside which no CNAME may stand.',
    )
    const present = [set(shop, 'CNAME', 'old.example.net')]
    const foreignAlias = planRecords({ wanted: [set(shop, 'A', '192.0.2.1')], present, owner })
    expect(foreignAlias.conflicts[0]?.explanation).toBe(
      'shop.example.com has CNAME old.example.net, which Mooring did not write and beside which nothing else may stand.',
    )
  })

  it('lets a foreign record of another type stand beside its own', () => {
    const present = [set(shop, 'TXT', 'v=spf1 -all')]
    const plan = planRecords({ wanted: [set(shop, 'A', '192.0.2.1')], present, owner })
    expect(apply(present, plan.changes)).toContainEqual(present[0])
    expect(plan.conflicts).toEqual([])
  })

  it('keeps a foreign record that says the same, and does not claim it', () => {
    const present = [set(shop, 'CNAME', 'EDGE.platform.example')]
    const plan = planRecords({ wanted, present, owner })
    expect(plan).toEqual({ changes: [{ kind: 'keep', set: wanted[0] }], conflicts: [] })
    expect(planRemoval({ names: [shop], present, owner }).changes).toEqual([])
  })

  it('yields to another domain of Mooring, even to the same record and to a mark without one, and does not name it', () => {
    const other = mark(shopMark, 'CNAME', 'dom_2')
    for (const present of [[other], [other, ...wanted]]) {
      const { changes, conflicts } = planRecords({ wanted, present, owner })
      expect(changes).toEqual([])
      expect(conflicts.map(({ explanation }) => explanation)).toEqual([
        `shop.example.com has records of another domain of Mooring (marked by ${shopMark}).`,
      ])
    }
  })

  it.each([
    ['another text', 'v=spf1 -all'],
    ['an unknown type', 'heritage=mooring domain=dom_1 types=MX'],
    ['two marks', 'heritage=mooring domain=dom_1 types=CNAME', 'heritage=mooring domain=dom_2 types=CNAME'],
  ])('takes no mark for its own that has %s', (_, ...values) => {
    const present = [set(shopMark, 'TXT', ...values), ...wanted]
    expect(planRecords({ wanted, present, owner }).conflicts).toMatchObject([{ name: shopMark, values }])
    expect(planRemoval({ names: [shop], present, owner }).changes).toEqual([])
  })

  it('marks a wildcard beside it, apart from the name itself', () => {
    const both = [set('*.shop.example.com', 'CNAME', 'edge.platform.example'), set(shop, 'A', '192.0.2.1')]
    const marks = planRecords({ wanted: both, present: [], owner }).changes.filter(({ set }) => set.type === 'TXT')
    expect(marks.map(({ set }) => set.name)).toEqual(['_mooring-owner-wildcard.shop.example.com', shopMark])
  })

  it('writes nothing at a name that is too long to be marked', () => {
    const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(50)}.example.com`
    const { changes, conflicts } = planRecords({ wanted: [set(long, 'A', '192.0.2.1')], present: [], owner })
    expect(changes).toEqual([])
    expect(conflicts[0]?.explanation).toContain('too long')
  })
})

describe('planRemoval', () => {
  it('removes what it wrote, then the mark, and nothing that stands beside it', () => {
    const present = [set(shop, 'A', '192.0.2.1'), set(shop, 'TXT', 'v=spf1 -all'), mark(shopMark, 'A')]
    expect(planRemoval({ names: [shop, shop], present, owner }).changes).toEqual([
      { kind: 'delete', set: present[0] },
      { kind: 'delete', set: present[2] },
    ])
  })
})

describe('a crash between any two changes', () => {
  const challenge = '_mooring-challenge.shop.example.com'
  const markNames: Record<string, string> = {
    [shop]: shopMark,
    '*.shop.example.com': '_mooring-owner-wildcard.shop.example.com',
    [challenge]: `_mooring-owner.${challenge}`,
  }
  const names = Object.keys(markNames)
  const values = {
    A: ['192.0.2.1', '192.0.2.2'],
    AAAA: ['2001:db8::1', '2001:db8::2'],
    CNAME: ['edge.platform.example', 'old.example.net'],
    TXT: ['token=1', 'token=2'],
  }
  const oneOf = (name: string, type: RecordSet['type']) =>
    fc.constantFrom(...values[type]).map((value) => set(name, type, value))
  /** What may stand at one name: a CNAME alone, or any of the others. */
  const setsAt = (name: string) =>
    fc.oneof(
      oneOf(name, 'CNAME').map((one) => [one]),
      fc
        .tuple(...(['A', 'AAAA', 'TXT'] as const).map((type) => fc.option(oneOf(name, type), { nil: null })))
        .map((sets) => sets.filter((one) => one !== null)),
    )
  const zone = fc.tuple(...names.map(setsAt)).map((sets) => sets.flat())
  const marksThere = fc
    .tuple(...names.map(() => fc.subarray(['A', 'AAAA', 'CNAME', 'TXT'])))
    .map((types) => names.map((name, index) => mark(markNames[name] ?? '', types[index]?.join() ?? '')))
    .map((marks) => marks.filter((one) => readMark(one) !== null))
  const scenes = fc.record({ wanted: zone, foreign: zone, marks: marksThere })

  it('leads to the same end, after which there is nothing left to do', () => {
    fc.assert(
      fc.property(scenes, ({ wanted, foreign, marks }) => {
        const present = apply([...foreign, ...marks], [])
        const { changes, conflicts } = planRecords({ wanted, present, owner })
        const end = apply(present, changes)
        for (let crash = 0; crash <= changes.length; crash++) {
          const halfway = apply(present, changes.slice(0, crash))
          const again = planRecords({ wanted, present: halfway, owner })
          expect(again.conflicts).toEqual(conflicts)
          expect(apply(halfway, again.changes)).toEqual(end)
        }
        expect(planRecords({ wanted, present: end, owner }).changes.filter(({ kind }) => kind !== 'keep')).toEqual([])
      }),
    )
  })

  it('never lets a CNAME stand beside another record, nor a new record without its mark', () => {
    fc.assert(
      fc.property(scenes, ({ wanted, foreign, marks }) => {
        const present = apply([...foreign, ...marks], [])
        const { changes } = planRecords({ wanted, present, owner })
        changes.forEach((change, index) => {
          const standing = apply(present, changes.slice(0, index + 1))
          for (const name of names) {
            const types = standing.filter((one) => one.name === name).map(({ type }) => type)
            if (types.includes('CNAME')) expect(types).toEqual(['CNAME'])
          }
          const markName = markNames[change.set.name]
          if (markName === undefined || change.kind === 'delete') return
          // What somebody else wrote and says the same is neither new nor ours.
          const before = present.find((one) => one.name === markName)
          const isOurs = before !== undefined && readMark(before)?.types.includes(change.set.type)
          if (change.kind === 'keep' && isOurs !== true) return
          const claim = standing.find((one) => one.name === markName)
          expect(claim && readMark(claim)?.types).toContain(change.set.type)
        })
      }),
    )
  })

  it('removes all that was written in the end, and all that stood before is as it was', () => {
    fc.assert(
      fc.property(zone, zone, fc.nat(), (wanted, foreign, cut) => {
        const { changes } = planRecords({ wanted, present: foreign, owner })
        const written = apply(foreign, changes.slice(0, cut % (changes.length + 1)))
        const removal = planRemoval({ names, present: written, owner }).changes
        const halfway = apply(written, removal.slice(0, cut % (removal.length + 1)))
        const rest = planRemoval({ names, present: halfway, owner }).changes
        expect(apply(halfway, rest)).toEqual(apply(foreign, []))
      }),
    )
  })
})
