export interface StreamMessage {
  id: string
  type: string
  data: string
}

/**
 * Splits a `text/event-stream` (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream) into
 * messages. The browser's EventSource hands out only the types that somebody listed before, and says nothing of why a stream
 * was refused; here the types are open, and a 404 is told from a lost connection.
 */
export async function* readEventStream(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamMessage> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  let message = EMPTY
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const lines = (rest + decoder.decode(value, { stream: true })).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line === '') {
        if (message.data !== '') yield message
        message = { ...EMPTY, id: message.id }
      } else {
        message = withLine(message, line)
      }
    }
  }
}

const EMPTY: StreamMessage = { id: '', type: 'message', data: '' }

function withLine(message: StreamMessage, line: string): StreamMessage {
  const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? []
  if (field === 'data') return { ...message, data: message.data === '' ? value : `${message.data}\n${value}` }
  if (field === 'event') return { ...message, type: value }
  if (field === 'id') return { ...message, id: value }
  return message
}
