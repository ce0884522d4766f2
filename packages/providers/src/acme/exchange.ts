import type { Dispatcher } from 'undici'

/** What came back, whatever its status. */
export interface Answer {
  status: number
  /** First value of a header, by lower-case name. */
  header(name: string): string | null
  /** Every value of a header that may come more than once. */
  headers(name: string): string[]
  body: Buffer
}

export interface ExchangeLimits {
  maxBytes: number
  deadlineMs: number
  signal: AbortSignal
}

/** Nothing whole came within the deadline. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed'
}

/** More came than anything of ours would have. */
export class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge'
}

/**
 * One request over one of the dispatcher's connections; resolves with the whole answer. The deadline counts from here:
 * waiting for a connection, connecting and reading are all within it. Rejects with the signal's reason, with the errors
 * above, or with undici's.
 *
 * Handlers instead of undici's `request`: without its streams and composed signals a request costs half the CPU.
 */
export function exchange(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  { maxBytes, deadlineMs, signal }: ExchangeLimits,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | null = null
    let gaveUpFor: Error | null = null
    const settle = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    }
    const giveUp = (reason: Error) => {
      gaveUpFor ??= reason
      settle()
      controller?.abort(reason)
      reject(reason)
    }
    const onAbort = () => giveUp(signal.reason)
    const timer = setTimeout(() => giveUp(new DeadlinePassed(`no answer within ${deadlineMs} ms`)), deadlineMs)
    signal.addEventListener('abort', onAbort, { once: true })

    let status = 0
    let headers: Record<string, string | string[] | undefined> = {}
    const chunks: Buffer[] = []
    let bytes = 0
    dispatcher.dispatch(request, {
      onRequestStart(started) {
        controller = started
        // It waited for a connection, and the caller no longer waits for it.
        if (gaveUpFor !== null) started.abort(gaveUpFor)
      },
      onResponseStart(_controller, statusCode, responseHeaders) {
        status = statusCode
        headers = responseHeaders
      },
      onResponseData(_controller, chunk) {
        bytes += chunk.length
        if (bytes > maxBytes) giveUp(new AnswerTooLarge(`more than ${maxBytes} bytes`))
        else chunks.push(chunk)
      },
      onResponseEnd() {
        settle()
        const all = (name: string) => [headers[name] ?? []].flat()
        resolve({ status, header: (name) => all(name)[0] ?? null, headers: all, body: Buffer.concat(chunks) })
      },
      onResponseError(_controller, error) {
        settle()
        reject(error)
      },
    })
  })
}
