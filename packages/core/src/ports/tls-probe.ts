/** Looks which certificate a server shows for a hostname, at an address of the caller's choice. */
export interface TlsProbe {
  /**
   * One TLS handshake; nothing is judged of the certificate, and nothing is sent over the connection. Never throws for
   * what a server may do; rejects with the signal's reason.
   */
  certificateAt(question: TlsQuestion, signal: AbortSignal): Promise<TlsAnswer>
}

export interface TlsQuestion {
  /** Sent as SNI (RFC 6066 §3). */
  hostname: string
  /** Where to connect: judged by the address rules before a socket is opened. */
  address: string
  /** Without one, the probe's usual port. */
  port?: number
}

/**
 * - `served`       the leaf's serial number in upper-case hex, as `node:crypto` prints it, and its end
 * - `refused`      the server took the connection, and ended it without showing a certificate for this name
 * - `unreachable`  no connection, no answer in time, or one that is not TLS; `detail` says which in plain words
 * - `no_route`     this machine has no way to that address family: says nothing about the server
 * - `forbidden`    the address is private or otherwise not to be asked
 */
export type TlsAnswer =
  | { kind: 'served'; serial: string; notAfter: Date }
  | { kind: 'refused' }
  | { kind: 'unreachable'; detail: string }
  | { kind: 'no_route' }
  | { kind: 'forbidden'; detail: string }
