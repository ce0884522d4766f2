/** One message of `text/event-stream`. */
export interface StreamMessage {
  /** Of the last message that had one, as the standard wants it. */
  id: string
  event: string
  /** Null where nothing is told but the place in the stream. */
  data: string | null
}

/** Messages of a stream (WHATWG HTML §9.2.6), of which any part may come in any piece. */
export async function* readMessages(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<StreamMessage, void> {
  let id = ''
  let fields: string[][] = []
  for await (const line of readLines(chunks)) {
    if (line !== '') {
      const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
      fields.push([name, value])
      continue
    }
    const valuesOf = (wanted: string) => fields.filter(([name]) => name === wanted).map(([, value = '']) => value)
    id = valuesOf('id').at(-1) ?? id
    const data = valuesOf('data')
    yield { id, event: valuesOf('event').at(-1) ?? 'message', data: data.length === 0 ? null : data.join('\n') }
    fields = []
  }
}

async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    // A carriage return at the end of a piece may be half of a line's end.
    const text = rest + decoder.decode(chunk, { stream: true })
    const isHalf = text.endsWith('\r')
    const lines = (isHalf ? text.slice(0, -1) : text).split(/\r\n|\r|\n/)
    rest = `${lines.pop() ?? ''}${isHalf ? '\r' : ''}`
    yield* lines
  }
}
