import { type EventOptions, type LiveEvent, readEvents } from './events.ts'
import { type DomainSource, type FollowOptions, followDomain } from './follow-domain.ts'
import type { Domain, Operations, RegistrationInput } from './generated/api.ts'
import { type QueryValue, pathOf } from './path.ts'
import { type Answer, type CallOptions, type Connection, type Request, openAnswer, request } from './request.ts'
import { RETRY, type RetryOptions } from './retry.ts'
import { type WaitOptions, waitForState } from './wait-for-state.ts'

export interface ClientOptions {
  /** Such as `https://mooring.example`. */
  baseUrl: string
  apiKey: string
  /** For each try; 10 seconds. */
  timeoutMs?: number
  retry?: Partial<RetryOptions>
  fetch?: typeof globalThis.fetch
}

export type Operation = keyof Operations

/** What goes into a call: as much of path, query and body as it takes. */
export type Input<Name extends Operation> = Omit<Operations[Name], 'answer'> & CallOptions
type Arguments<Name extends Operation> =
  Partial<Input<Name>> extends Input<Name> ? [input?: Input<Name>] : [input: Input<Name>]

/** Calls that answer a page at a time, and what is on these pages. */
export type ListOperation = {
  [Name in Operation]: Operations[Name]['answer'] extends { data: unknown[]; next_cursor: string | null } ? Name : never
}[Operation]
type Item<Name extends ListOperation> = Operations[Name]['answer'] extends { data: (infer One)[] } ? One : never

export interface Client {
  /** `call('GET /v1/domains/{id}', { path: { id } })`. Throws `ProblemError` or `NoAnswerError`. */
  call<Name extends Operation>(name: Name, ...args: Arguments<Name>): Promise<Operations[Name]['answer']>
  /** Registers a hostname: `domain.dns.records` are to be added by whoever owns it. */
  launch(registration: RegistrationInput, options?: CallOptions): Promise<Domain>
  /** Everything in a list, one page after the other. */
  items<Name extends ListOperation>(name: Name, ...args: Arguments<Name>): AsyncGenerator<Item<Name>, void>
  /** What happens from now on, over any number of broken connections. */
  events(options?: EventOptions): AsyncGenerator<LiveEvent, void>
  /** A domain as it is, then each time that it is another. */
  follow(idOrHostname: string, options?: FollowOptions): AsyncGenerator<Domain, never>
  waitForState(idOrHostname: string, states: readonly Domain['state'][], options?: WaitOptions): Promise<Domain>
  /** Any call, such as one that this release does not know. */
  request(call: Request): Promise<Answer>
  /** Any call whose answer is read as it comes, such as one that is too long to be held. Tried once. */
  open(call: Request): Promise<Response>
}

/** Reaches one server with one key. Holds nothing open between calls. */
export function createClient({ baseUrl, apiKey, timeoutMs = 10_000, retry, fetch }: ClientOptions): Client {
  const connection: Connection = {
    baseUrl: new URL(baseUrl),
    apiKey,
    fetch: fetch ?? globalThis.fetch,
    timeoutMs,
    retry: { ...RETRY, ...retry },
  }
  const call: Client['call'] = async (name, ...[input]) => {
    const { path, query, body, ...options } = (input ?? {}) as LooseInput
    const [method = 'GET', template = ''] = name.split(' ')
    const answer = await request(connection, { ...options, method, path: pathOf(template, { path, query }), body })
    return answer.body as never
  }
  const source: DomainSource = {
    read: (id, signal) => call('GET /v1/domains/{id}', { path: { id }, signal }),
    events: (options) => readEvents(connection, options),
  }
  return {
    call,
    launch: async (body, options) => (await call('POST /v1/domains', { ...options, body })) as Domain,
    async *items(name, ...[input]) {
      const { query, ...others } = (input ?? {}) as LooseInput
      for (let cursor: QueryValue | readonly QueryValue[] = query?.['cursor']; ; ) {
        const page = (await call(name, { ...others, query: { ...query, cursor } } as never)) as Page
        yield* page.data as Item<typeof name>[]
        if (page.next_cursor === null) return
        cursor = page.next_cursor
      }
    },
    events: (options = {}) => readEvents(connection, options),
    follow: (id, options) => followDomain(source, id, options),
    waitForState: (id, states, options) => waitForState(source, { id, states }, options),
    request: (anyCall) => request(connection, anyCall),
    open: (anyCall) => openAnswer(connection, anyCall),
  }
}

interface LooseInput extends CallOptions {
  path?: Record<string, string>
  query?: Record<string, QueryValue | readonly QueryValue[]>
  body?: unknown
}

interface Page {
  data: unknown[]
  next_cursor: string | null
}
