import { expect, it } from 'vitest'
import { serviceChangeOf } from './service-change.ts'

function change(given: Record<string, string>) {
  const fields = new FormData()
  for (const [name, value] of Object.entries(given)) fields.set(name, value)
  return serviceChangeOf(fields)
}

it('each line is a server; empty lines are none', () => {
  expect(change({ servers: ' 10.0.0.1:80\r\n\r\n[fd00::1]:8080, shop_api:80 \n', scheme: 'http' }).servers).toEqual([
    '10.0.0.1:80',
    '[fd00::1]:8080',
    'shop_api:80',
  ])
})

it('what is left empty is left out, so that the API takes its default', () => {
  const empty = { tls_name: '', health: ' ', interval: '10', tenant: '' }
  expect(change({ servers: 'a:80', scheme: 'http', ...empty })).toEqual({ servers: ['a:80'], scheme: 'http' })
  expect(change({ servers: 'a:80', scheme: 'http', health: '/up', interval: '' }).health).toEqual({ path: '/up' })
})

it('what is given is passed on as it is', () => {
  const given = { tls_name: 'api.internal', health: '/up', interval: '30', tenant: 'acme' }
  expect(change({ servers: 'a:443', scheme: 'https', ...given })).toEqual({
    servers: ['a:443'],
    scheme: 'https',
    tls_name: 'api.internal',
    health: { path: '/up', interval_seconds: 30 },
    tenant: 'acme',
  })
})
