import { describe, expect, it } from 'vitest'
import { proxyOf } from './known-proxies.ts'

const nameOf = (aliases: string[], addresses: string[]) => proxyOf({ aliases, addresses })?.name ?? null

describe('the proxy in front of a name', () => {
  it.each([
    ['104.16.0.0', 'Cloudflare'],
    ['104.27.255.255', 'Cloudflare'],
    ['2606:4700::6810:84e5', 'Cloudflare'],
    ['::ffff:104.16.1.1', 'Cloudflare'],
    ['151.101.1.1', 'Fastly'],
    ['45.60.0.1', 'Imperva'],
    ['192.88.134.1', 'Sucuri'],
  ])('is seen by its address %s: %s', (address, name) => expect(nameOf([], [address])).toBe(name))

  it.each([
    ['d111111abcdef8.cloudfront.net', 'Amazon CloudFront'],
    ['shop.example.com.cdn.cloudflare.net', 'Cloudflare'],
    ['shop.example.com.edgekey.net', 'Akamai'],
    ['shop.azurefd.net', 'Azure Front Door'],
    ['shop.b-cdn.net', 'Bunny'],
  ])('is seen by its alias %s: %s', (alias, name) => expect(nameOf([alias], ['192.0.2.1'])).toBe(name))

  it('is not seen where addresses lie beside its ranges, or only some within', () => {
    expect(nameOf([], ['104.15.255.255'])).toBeNull()
    expect(nameOf([], ['104.28.0.0'])).toBeNull()
    expect(nameOf([], ['104.16.1.1', '192.0.2.1'])).toBeNull()
    expect(nameOf([], ['104.16.1.1', '151.101.1.1'])).toBeNull()
    expect(nameOf([], ['not an address'])).toBeNull()
    expect(nameOf([], [])).toBeNull()
  })

  it('is not in front of a name that leads to another platform, which has one of its own', () => {
    expect(nameOf(['shops.platform.example'], ['104.16.1.1'])).toBeNull()
    expect(nameOf(['evilcloudfront.net'], ['192.0.2.1'])).toBeNull()
  })
})
