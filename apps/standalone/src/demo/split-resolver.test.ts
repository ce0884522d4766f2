import type { Resolver } from '@mooring/core'
import { expect, test } from 'vitest'
import { splitResolver } from './split-resolver.ts'

function recorder(server: string) {
  const asked: string[] = []
  const lookup: Resolver['lookup'] = async (name) => {
    asked.push(name)
    return { answer: { kind: 'no_data' }, dissenting: [], servers: [server], serial: null }
  }
  const ask: Resolver['ask'] = async (name, _type, at) => {
    asked.push(`${name} at ${at}`)
    return { kind: 'no_data' }
  }
  const zoneOf: Resolver['zoneOf'] = async (name) => {
    asked.push(`zone of ${name}`)
    return null
  }
  return { servers: [server], lookup, lookupAtOne: lookup, ask, zoneOf, asked }
}

test('the demo’s names are asked of the demo’s server, all others of the world’s', async () => {
  const [demo, world] = [recorder('127.0.0.1:5300'), recorder('192.0.2.53:53')]
  const resolver = splitResolver({ zones: ['customer.example'], demo, world })

  await resolver.lookup('shop.customer.example', 'A')
  await resolver.lookupAtOne('notcustomer.example', 'A')
  await resolver.ask('Shop.Customer.example', 'A', '192.0.2.53:53')
  await resolver.ask('notcustomer.example', 'A', '192.0.2.53:53')
  await resolver.zoneOf('shop.customer.example')

  expect(resolver.servers).toEqual(world.servers)
  expect(demo.asked).toEqual([
    'shop.customer.example',
    'Shop.Customer.example at 127.0.0.1:5300',
    'zone of shop.customer.example',
  ])
  expect(world.asked).toEqual(['notcustomer.example', 'notcustomer.example at 192.0.2.53:53'])
})
