import { expect, it } from 'vitest'
import { serverFaultOf } from './server-fault.ts'

const SERVERS = ['10.0.0.1:80', '169.254.169.254:80']
const fault = (path: string, message: string) => ({ path, code: 'X', message })

it('a fault of one server names it', () => {
  expect(serverFaultOf([fault('servers.1', 'Not this one.')], SERVERS)).toBe('169.254.169.254:80: Not this one.')
})

it('a fault of all of them stands alone, and faults of other fields are left to those', () => {
  const faults = [fault('servers', 'A server is there twice.'), fault('tls_name', 'Expected a hostname.')]
  expect(serverFaultOf(faults, SERVERS)).toBe('A server is there twice.')
  expect(serverFaultOf([fault('tls_name', 'Expected a hostname.')], SERVERS)).toBeUndefined()
})
