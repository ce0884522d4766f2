import { expect, test } from 'vitest'
import { systemResolvers } from './system-resolvers.ts'

test('every server has its port, and those that name an interface are left out', () => {
  const servers = ['192.0.2.1', '192.0.2.2:5353', '2001:db8::1', '[2001:db8::2]:5353', 'fe80::1%eth0']
  expect(systemResolvers(servers)).toEqual(['192.0.2.1:53', '192.0.2.2:5353', '[2001:db8::1]:53', '[2001:db8::2]:5353'])
})
