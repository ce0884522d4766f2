import { describe, expect, it } from 'vitest'
import { dnsHostOf } from './known-hosts.ts'

describe('the host of a zone', () => {
  it.each([
    ['dana.ns.cloudflare.com', 'Cloudflare'],
    ['ns37.domaincontrol.com', 'GoDaddy'],
    ['dns1.registrar-servers.com', 'Namecheap'],
    ['ns-1536.awsdns-00.co.uk', 'Amazon Route 53'],
    ['ns-512.awsdns-00.net', 'Amazon Route 53'],
    ['ns1065.ui-dns.biz', 'IONOS'],
    ['dns104.ovh.net', 'OVHcloud'],
    ['hydrogen.ns.hetzner.com', 'Hetzner'],
    ['shades03.rzone.de', 'STRATO'],
    ['ns1.digitalocean.com', 'DigitalOcean'],
    ['ns1-03.azure-dns.com', 'Azure DNS'],
    ['ns1.vercel-dns-3.com', 'Vercel'],
  ])('whose server is %s is %s', (server, name) => {
    expect(dnsHostOf(['ns.unknown.example', server])?.name).toBe(name)
  })

  it('is nobody we know by a name that merely looks like one', () => {
    for (const server of [
      'domaincontrol.com.evil.example',
      'notdomaincontrol.com',
      'ns1.xawsdns-00.co.uk',
      'awsdns-.com',
    ]) {
      expect(dnsHostOf([server])).toBeNull()
    }
    expect(dnsHostOf([])).toBeNull()
  })

  it('is shown with a page to sign in at and what to click', () => {
    expect(dnsHostOf(['ns37.domaincontrol.com'])).toEqual({
      name: 'GoDaddy',
      url: 'https://dcc.godaddy.com',
      path: 'your domain → DNS → Add New Record',
      hostField: 'relative',
    })
  })
})
