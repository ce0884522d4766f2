import { describe, expect, it } from 'vitest'
import { formatTraceparent, parseTraceparent, tracedIdOf } from './traceparent.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

describe('a traceparent', () => {
  it('names a trace, a span and whether it is told of', () => {
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-01`)).toEqual({ traceId: TRACE, spanId: SPAN, isSampled: true })
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-00`)).toMatchObject({ isSampled: false })
  })

  it('may carry flags that are not known yet', () => {
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-03`)).toMatchObject({ isSampled: true })
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-fe`)).toMatchObject({ isSampled: false })
  })

  it('of a version to come is read as far as it is known', () => {
    expect(parseTraceparent(`01-${TRACE}-${SPAN}-01`)).toMatchObject({ traceId: TRACE })
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-01-what-comes-then`)).toMatchObject({ traceId: TRACE })
  })

  it('is written as version 00, whatever it was read from', () => {
    const read = parseTraceparent(`cc-${TRACE}-${SPAN}-03-more`)
    expect(read && formatTraceparent(read)).toBe(`00-${TRACE}-${SPAN}-01`)
  })

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['the empty text', ''],
    ['several headers', [`00-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-01`]],
    ['several headers in one', `00-${TRACE}-${SPAN}-01,00-${TRACE}-${SPAN}-01`],
    ['words', 'drop table domains'],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['the version that is none', `ff-${TRACE}-${SPAN}-01`],
    ['more than version 00 has', `00-${TRACE}-${SPAN}-01-more`],
    ['a later version that runs on without a dash', `01-${TRACE}-${SPAN}-01more`],
    ['capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['a trace that is too short', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['no flags', `00-${TRACE}-${SPAN}`],
    ['a second line', `00-${TRACE}-${SPAN}-01\n00-${TRACE}-${SPAN}-01`],
  ])('is not one: %s', (_, given) => {
    expect(parseTraceparent(given)).toBeNull()
  })

  it('that is not told of has no id to look for', () => {
    expect(tracedIdOf(`00-${TRACE}-${SPAN}-01`)).toBe(TRACE)
    expect(tracedIdOf(`00-${TRACE}-${SPAN}-00`)).toBeNull()
    expect(tracedIdOf('broken')).toBeNull()
  })
})
