import { expect, it } from 'vitest'
import { parseHeaders } from './parse-headers.ts'

it('headers for the collector are read as name=value, separated by commas', () => {
  expect(parseHeaders('authorization=Bearer abc==, x-scope=a b')).toEqual({
    authorization: 'Bearer abc==',
    'x-scope': 'a b',
  })
})

it.each(['', 'authorization', '=value', 'name=', 'a b=c', 'name=line\nbreak', 'name=ä', 'a=b,,c=d'])(
  'what is no header is refused: %j',
  (text) => {
    expect(parseHeaders(text)).toBeNull()
  },
)
