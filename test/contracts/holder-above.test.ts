import type { Hostname } from '@mooring/core'
import { describe, expect, it } from 'vitest'
import { useClaims } from '../builders/claims-of-a-name.ts'

const { registry, claims, aClaim, launched } = useClaims()
describe('the holder above', () => {
  const above = (hostname: string, tenant: string, options?: { floor: string }) =>
    claims().holderAbove({ hostname: hostname as Hostname, tenant }, options)

  it('is the closest one of another tenant', async () => {
    await launched({ hostname: 'example.com' as Hostname, tenant: 'far' })
    await launched({ hostname: 'b.example.com' as Hostname, tenant: 'near' })
    await launched({ hostname: 'a.b.example.com' as Hostname, tenant: 'mine' })
    expect(await above('x.a.b.example.com', 'mine')).toEqual({
      hostname: 'b.example.com',
      consents: false,
      shares: false,
    })
    expect(await above('b.example.com', 'near')).toEqual({ hostname: 'example.com', consents: false, shares: false })
    expect(await above('example.com', 'mine')).toBeNull()
    expect(await above('xb.example.com', 'near')).toEqual({ hostname: 'example.com', consents: false, shares: false })
  })

  it('is the holder of a wildcard beside it, never the name itself', async () => {
    await launched({ hostname: '*.example.com' as Hostname, tenant: 'wild' })
    expect(await above('shop.example.com', 'mine')).toEqual({
      hostname: '*.example.com',
      consents: false,
      shares: false,
    })
    expect(await above('*.example.com', 'mine')).toBeNull()
    expect(await above('example.com', 'mine')).toBeNull()
  })

  it('only claims: nobody has a say who has proved nothing', async () => {
    await aClaim({ hostname: 'example.com' as Hostname, tenant: 'claims' })
    expect(await above('shop.example.com', 'mine')).toBeNull()
  })

  it('is looked for above the floor only', async () => {
    await launched({ hostname: 'platform.example' as Hostname, tenant: 'platform' })
    expect(await above('a.platform.example', 'mine', { floor: 'platform.example' })).toBeNull()
    await launched({ hostname: 'b.platform.example' as Hostname, tenant: 'other' })
    expect(await above('a.b.platform.example', 'mine', { floor: 'platform.example' })).toMatchObject({
      hostname: 'b.platform.example',
    })
  })

  it('consents by name, and takes it back', async () => {
    const holder = await launched({ hostname: 'example.com' as Hostname, tenant: 'owner' })
    await registry().giveConsent(holder.id, 'mine')
    expect(await above('shop.example.com', 'mine')).toMatchObject({ consents: true })
    expect(await above('shop.example.com', 'other')).toMatchObject({ consents: false })
    await registry().withdrawConsent(holder.id, 'mine')
    expect(await above('shop.example.com', 'mine')).toMatchObject({ consents: false })
  })
})
