import { describe, expect, it } from 'vitest'
import { type DnsProvider, DnsProviderProblem, type ManagedZone, type RecordSet } from '../ports.ts'
import { applyRecords, planFor, removeRecords } from './managed-records.ts'

const shop = 'shop.example.com'
const edge: RecordSet = { name: shop, type: 'CNAME', ttlSeconds: 300, values: ['edge.platform.example'] }
const old: RecordSet = { ...edge, values: ['old.example.net'] }
const mark = (domain: string): RecordSet => ({
  name: `_mooring-owner.${shop}`,
  type: 'TXT',
  ttlSeconds: 300,
  values: [`heritage=mooring domain=${domain} types=CNAME`],
})
const { signal } = new AbortController()

/** A zone in memory; `before` is told of every write first. */
function zoneWith(sets: RecordSet[], before: (write: string) => void = () => {}) {
  const standing = new Map(sets.map((set) => [`${set.type} ${set.name}`, set]))
  const provider: DnsProvider = {
    name: 'powerdns',
    findZone: async () => 'example.com',
    list: async (_, name) => [...standing.values()].filter((set) => set.name === name),
    async upsert(_, set) {
      before(`upsert ${set.type} ${set.name}`)
      standing.set(`${set.type} ${set.name}`, set)
    },
    async remove(_, { type, name }) {
      before(`remove ${type} ${name}`)
      standing.delete(`${type} ${name}`)
    },
  }
  const zone: ManagedZone = { id: 'zone_1', name: 'example.com', provider }
  return { zone, standing }
}

const setsIn = ({ standing }: { standing: Map<string, RecordSet> }) => [...standing.values()]

describe('applyRecords', () => {
  it('writes what is wanted, marked, and finds nothing to do the second time', async () => {
    const { zone, standing } = zoneWith([])
    expect(await applyRecords(zone, 'dom_1', [edge], signal)).toMatchObject({ kind: 'applied' })
    expect(setsIn({ standing })).toEqual([mark('dom_1'), edge])
    const again = await applyRecords(zone, 'dom_1', [edge], signal)
    expect(again).toEqual({ kind: 'applied', changes: [{ kind: 'keep', set: edge }] })
  })

  it('changes nothing at all while one record is in the way', async () => {
    const { zone, standing } = zoneWith([old])
    const other = { ...edge, name: 'www.example.com' }
    const answer = await applyRecords(zone, 'dom_1', [other, edge], signal)
    expect(answer).toMatchObject({ kind: 'conflict', conflicts: [{ name: shop, values: ['old.example.net'] }] })
    expect(setsIn({ standing })).toEqual([old])
  })

  it('yields to a domain that marked the name at the same moment', async () => {
    const world = zoneWith([], (write) => {
      if (write.startsWith('upsert TXT'))
        queueMicrotask(() => world.standing.set(`TXT ${mark('').name}`, mark('dom_2')))
    })
    expect(await applyRecords(world.zone, 'dom_1', [edge], signal)).toMatchObject({ kind: 'conflict' })
    expect(setsIn(world)).toEqual([mark('dom_2')])
  })

  it('goes on where the host failed', async () => {
    let failing = true
    const { zone, standing } = zoneWith([], (write) => {
      if (failing && write === `upsert CNAME ${shop}`) throw new DnsProviderProblem('unavailable', 'No answer.')
    })
    await expect(applyRecords(zone, 'dom_1', [edge], signal)).rejects.toThrow(DnsProviderProblem)
    failing = false
    await applyRecords(zone, 'dom_1', [edge], signal)
    expect(setsIn({ standing })).toEqual([mark('dom_1'), edge])
  })
})

describe('planFor', () => {
  it('shows what would be done and does nothing', async () => {
    const { zone, standing } = zoneWith([])
    const { changes } = await planFor(zone, 'dom_1', [edge], signal)
    expect(changes.map(({ kind, set }) => [kind, set])).toEqual([
      ['create', mark('dom_1')],
      ['create', edge],
    ])
    expect(setsIn({ standing })).toEqual([])
  })
})

describe('removeRecords', () => {
  it("undoes what the domain wrote, and leaves another's", async () => {
    const { zone, standing } = zoneWith([mark('dom_1'), edge])
    await removeRecords(zone, 'dom_2', [shop], signal)
    expect(setsIn({ standing })).toEqual([mark('dom_1'), edge])
    await removeRecords(zone, 'dom_1', [shop], signal)
    expect(setsIn({ standing })).toEqual([])
  })
})
