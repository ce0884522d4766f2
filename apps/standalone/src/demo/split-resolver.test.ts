import { expect, test } from 'vitest'
import { splitResolver } from './split-resolver.ts'

function recorder(server: string) {
  const asked: string[] = []
  const lookup = async (name: string, _type: string, at: string) => {
    asked.push(`${name} at ${at}`)
    return { kind: 'no_data' as const }
  }
  return { servers: [server], lookup, asked }
}

test('the demo’s names are asked of the demo’s server, all others of the world’s', async () => {
  const [demo, world] = [recorder('127.0.0.1:5300'), recorder('192.0.2.53:53')]
  const resolver = splitResolver({ zones: ['customer.example'], demo, world })

  await resolver.lookup('shop.customer.example', 'A', '192.0.2.53:53')
  await resolver.lookup('notcustomer.example', 'A', '192.0.2.53:53')

  expect(resolver.servers).toEqual(world.servers)
  expect(demo.asked).toEqual(['shop.customer.example at 127.0.0.1:5300'])
  expect(world.asked).toEqual(['notcustomer.example at 192.0.2.53:53'])
})
