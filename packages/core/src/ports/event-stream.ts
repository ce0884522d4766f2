/** Where a reader of the stream is: it has had everything up to here. Written `<tx>-<id>`. */
export interface StreamPlace {
  tx: number
  id: number
}

/** An event with whose it is, and where its domain is by now. */
export interface StreamedEvent {
  place: StreamPlace
  id: number
  at: Date
  type: string
  actor: string
  data: Record<string, unknown>
  domainId: string
  hostname: string
  tenant: string
  state: string
}

export interface StreamPage {
  events: StreamedEvent[]
  /** From here on. */
  next: StreamPlace
  /** Whether that is the end for now. */
  isEnd: boolean
}

/** All events of all domains, in an order without gaps: what was read once is never followed by something before it. */
export interface EventStream {
  /** Up to `limit` of what comes after the place. */
  read(after: StreamPlace, limit: number): Promise<StreamPage>
  /** Where everything is read that there is. */
  end(): Promise<StreamPlace>
  /** Whether a reader can go on from there: no further back than `limit` events, and nowhere ahead of time. */
  isResumable(after: StreamPlace, limit: number): Promise<boolean>
}
