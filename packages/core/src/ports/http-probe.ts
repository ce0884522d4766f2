/** Fetches a page of a hostname as a visitor or a certificate authority would, from an address of the caller's choice. */
export interface HttpProbe {
  /**
   * One GET, no redirect followed; over `https` the certificate is not judged. Never throws for what a server may do.
   * At most 64 kB are read, within `signal` and a deadline of the probe's own.
   */
  get(request: ProbeRequest, signal: AbortSignal): Promise<ProbeAnswer>
}

export interface ProbeRequest {
  scheme: 'http' | 'https'
  /** Sent as Host and as SNI. */
  hostname: string
  /** Where to connect: an address of the hostname, judged by the address rules before a socket is opened. */
  address: string
  /** Path and query, percent-encoded. */
  path: string
}

/**
 * - `unreachable`  refused, reset, silent, too slow, or not HTTP; `detail` says which in plain words
 * - `no_route`     this machine has no way to that address family: says nothing about the server
 * - `forbidden`    the address is private or otherwise not to be asked
 */
export type ProbeAnswer =
  | { kind: 'answer'; status: number; body: string; location: string | null }
  | { kind: 'unreachable'; detail: string }
  | { kind: 'no_route' }
  | { kind: 'forbidden'; detail: string }
