import { encode } from 'dns-packet'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeQuery, newQuery, readAnswer, withRandomCase } from './message.ts'
import { toReply } from './reply.ts'

const query = newQuery({ name: 'shop.example.com', type: 'TXT' })

/** A whole answer with records of every type that is read. */
function anAnswer(): Buffer {
  const name = query.name
  const message = encode({
    type: 'query',
    id: query.id,
    flags: 0,
    questions: [{ name, type: 'TXT', class: 'IN' }],
    additionals: [
      { name, type: 'TXT', ttl: 1, data: ['one', 'two'] },
      { name, type: 'A', ttl: 1, data: '192.0.2.1' },
      { name, type: 'AAAA', ttl: 1, data: '2001:db8::1' },
      { name, type: 'CNAME', ttl: 1, data: 'edge.example' },
      { name, type: 'CAA', ttl: 1, data: { flags: 0, tag: 'issue', value: 'ca.example' } },
      { name, type: 'SOA', ttl: 1, data: { mname: 'a', rname: 'b', serial: 1, minimum: 60 } },
    ],
  })
  message.writeUInt8(0x84, 2)
  message.writeUInt16BE(6, 6)
  message.writeUInt16BE(0, 10)
  return message
}

describe('readAnswer', () => {
  it('reads a whole answer', () => {
    const packet = readAnswer(anAnswer(), query)
    expect(packet && toReply(packet)).toMatchObject({ isAuthoritative: true, soa: { serial: 1 } })
  })

  it('reads whatever comes without failing, and without long work', () => {
    const octet = fc.nat({ max: 255 })
    // Behind the id: with another one nothing is decoded.
    const changes = fc.array(fc.tuple(fc.nat({ max: anAnswer().length - 3 }), octet), { maxLength: 12 })
    const started = performance.now()
    fc.assert(
      fc.property(changes, fc.uint8Array({ maxLength: 40 }), (changed, appended) => {
        const message = Buffer.concat([anAnswer(), appended])
        for (const [at, value] of changed) message.writeUInt8(value, at + 2)
        const packet = readAnswer(message, query)
        if (packet !== null) toReply(packet)
      }),
      { numRuns: 3000 },
    )
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  it('does not believe a message that claims more records than it has room for', () => {
    const message = anAnswer()
    message.writeUInt16BE(0xffff, 8)
    expect(readAnswer(message, query)).toBeNull()
  })
})

it('asks for the same name in other letters each time', () => {
  const names = Array.from({ length: 8 }, () => withRandomCase(query).name)
  expect(new Set(names).size).toBeGreaterThan(1)
  expect(new Set(names.map((name) => name.toLowerCase()))).toEqual(new Set([query.name]))
  expect(encodeQuery(query, { edns: false, manner: 'iterative' }).readUInt16BE(0)).toBe(query.id)
})
