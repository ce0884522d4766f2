import { describe, expect, it } from 'vitest'
import { serverNameText } from './nginx-quoting.ts'
import { countLines } from './traffic-lines.ts'

const line = (server: string, { at = 1_700_000_000, status = 200, bytes = 100, seconds = '0.004' } = {}) =>
  `${at}.000 ${status} ${bytes} ${seconds} ${server}\n`

describe('lines of the traffic log', () => {
  it('are counted by name and minute', () => {
    const minute = 1_699_999_980
    const { rows, unrouted } = countLines(
      line('b.example.com', { at: minute + 59 }) +
        line('a.example.com', { at: minute, status: 404, seconds: '0.300' }) +
        line('a.example.com', { at: minute + 59, bytes: 50 }) +
        line('a.example.com', { at: minute + 60, status: 502 }),
    )
    expect(unrouted).toBe(0)
    expect(rows.map((row) => [row.hostname, row.minute.getTime() / 1000 - minute, row.requests, row.bytes])).toEqual([
      ['a.example.com', 0, 2, 150],
      ['a.example.com', 60, 1, 100],
      ['b.example.com', 0, 1, 100],
    ])
    expect(rows[0]?.status).toEqual([0, 1, 0, 1, 0])
    expect(rows[1]?.status).toEqual([0, 0, 0, 0, 1])
  })

  it('of names that are not served make one number, however many names there are', () => {
    const text = Array.from({ length: 1000 }, () => line('')).join('')
    expect(countLines(text)).toEqual({ rows: [], unrouted: 1000 })
  })

  it('of a wildcard are counted under the wildcard', () => {
    const { rows } = countLines(line(serverNameText('*.shop.example.com').toHTML()))
    expect(rows.map(({ hostname }) => hostname)).toEqual(['*.shop.example.com'])
  })

  it.each(['', 'rubbish', '1.0 200 1 0.1 a b', '{"at":1}', '1700000000.000 200 1 0.004 a.example.com extra'])(
    'that are not of ours are left out: %j',
    (text) => expect(countLines(text)).toEqual({ rows: [], unrouted: 0 }),
  )
})
