import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves when nothing waits to be sent any more, or when the answer is over: true; false when that takes longer than `ms`. */
export async function drained(response: ServerResponse, ms: number): Promise<boolean> {
  if (!response.writableNeedDrain || response.destroyed) return true
  const over = new AbortController()
  const { signal } = over
  const comes = (name: string) => once(response, name, { signal }).then(() => true)
  const late = sleep(ms, false, { signal, ref: false })
  return Promise.race([comes('drain'), comes('close'), late]).finally(() => over.abort())
}
