import type { Clock, Tracer } from '@mooring/core'
import { type Directory, type Resource, createDirectorySource } from './directory.ts'
import { createNoncePool, fetchNonce } from './nonce-pool.ts'
import { type SendSigned, createSignedRequests } from './signed-requests.ts'
import { type Slots, createSlots } from './slots.ts'
import { traceTransport } from './trace-transport.ts'
import { type Answer, createTransport } from './transport.ts'

export interface ConnectionOptions {
  directoryUrl: string
  caFile?: string | undefined
  concurrency: number
  deadlineMs: number
  nonceRetries: number
  clock: Clock
  tracer?: Tracer | undefined
}

/** The way to one CA, shared by all accounts there: connections, nonces, slots and the directory. */
export interface AcmeConnection {
  clock: Clock
  slots: Slots
  /** For what several callers wait for together: bounded by deadlines, and by no single caller's signal. */
  ownSignal: AbortSignal
  directory(signal: AbortSignal): Promise<Directory>
  /** See `DirectorySource.at`. */
  at<T>(resource: Resource, signal: AbortSignal, call: (url: string) => Promise<T>): Promise<T>
  send: SendSigned
  /** Asks without a signature; the answer has any status. */
  get(call: { what: string; url: string; signal: AbortSignal }): Promise<Answer>
  close(): Promise<void>
}

export function createAcmeConnection(options: ConnectionOptions): AcmeConnection {
  const { directoryUrl, concurrency, nonceRetries, clock, tracer } = options
  const untraced = createTransport({ ...options, connections: concurrency })
  const transport = tracer === undefined ? untraced : traceTransport(untraced, tracer)
  const { signal: ownSignal } = new AbortController()
  const directory = createDirectorySource(directoryUrl, { transport, clock, signal: ownSignal })
  const nonces = createNoncePool((signal) =>
    directory.at('newNonce', signal, (url) => fetchNonce(url, { transport, clock, signal })),
  )
  return {
    clock,
    slots: createSlots(concurrency),
    ownSignal,
    directory: (signal) => directory.get(signal),
    at: (resource, signal, call) => directory.at(resource, signal, call),
    send: createSignedRequests({ transport, nonces, nonceRetries, clock }),
    get: (call) => transport.send({ ...call, method: 'GET' }),
    close: () => transport.close(),
  }
}
