import { isIP } from 'node:net'
import { AppError } from '@mooring/core'

/** A DNS server to ask. */
export interface ServerAddress {
  address: string
  family: 4 | 6
  port: number
}

/** Reads `ip:port`, such as `192.0.2.53:53` or `[2001:db8::53]:53`. Throws `AppError` `INTERNAL` for anything else. */
export function parseServerAddress(server: string): ServerAddress {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(server) ?? []
  const address = bracketed ?? plain ?? ''
  const family = isIP(address)
  const isRight = bracketed === undefined ? family === 4 : family === 6
  if (!isRight || Number(port) < 1 || Number(port) > 65_535) {
    throw new AppError('INTERNAL', `"${server}" is not a DNS server; write ip:port, or [ip]:port for IPv6.`)
  }
  return { address, family: family as 4 | 6, port: Number(port) }
}
