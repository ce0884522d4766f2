import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Delegation, Delegations } from './delegations.ts'

const HOUR_SECONDS = 3600
const to = (zone: string): Delegation => ({ zone, nameServers: [{ name: `ns.${zone}`, addresses: [] }] })

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)

describe('the way to a zone', () => {
  it('begins at the closest one that is known around the name', () => {
    const delegations = new Delegations()
    delegations.remember(to('example'), HOUR_SECONDS)
    delegations.remember(to('shop.example'), HOUR_SECONDS)
    expect(delegations.closestTo('www.shop.example')?.zone).toBe('shop.example')
    expect(delegations.closestTo('shop.example')?.zone).toBe('shop.example')
    expect(delegations.closestTo('workshop.example')?.zone).toBe('example')
    expect(delegations.closestTo('www.test')).toBeNull()
  })

  it('is forgotten after half a minute for a customer’s zone, whatever its TTL', () => {
    for (const ttlSeconds of [0, 1, HOUR_SECONDS, 2 ** 31]) {
      const delegations = new Delegations()
      delegations.remember(to('shop.example'), ttlSeconds)
      pass(29)
      expect(delegations.closestTo('shop.example')).not.toBeNull()
      pass(2)
      expect(delegations.closestTo('shop.example')).toBeNull()
    }
  })

  it.each(['example', 'com', 'co.uk'])('to the registry of %s is kept by its TTL, for a minute to a day', (zone) => {
    const delegations = new Delegations()
    delegations.remember(to(zone), 0)
    pass(59)
    expect(delegations.closestTo(`shop.${zone}`)).not.toBeNull()
    pass(2)
    expect(delegations.closestTo(`shop.${zone}`)).toBeNull()

    delegations.remember(to(zone), 2 ** 31)
    pass(24 * HOUR_SECONDS - 1)
    expect(delegations.closestTo(`shop.${zone}`)).not.toBeNull()
    pass(2)
    expect(delegations.closestTo(`shop.${zone}`)).toBeNull()
  })

  it('leads through the parent again when a zone is forgotten', () => {
    const delegations = new Delegations()
    delegations.remember(to('example'), HOUR_SECONDS)
    delegations.remember(to('shop.example'), HOUR_SECONDS)
    delegations.forget('shop.example')
    expect(delegations.closestTo('www.shop.example')?.zone).toBe('example')
  })

  it('makes room for new zones by forgetting the ones that were heard of longest ago', () => {
    const delegations = new Delegations()
    delegations.remember(to('first.example'), HOUR_SECONDS)
    delegations.remember(to('second.example'), HOUR_SECONDS)
    delegations.remember(to('first.example'), HOUR_SECONDS)
    for (let index = 0; index < 19_999; index += 1) delegations.remember(to(`z${index}.example`), HOUR_SECONDS)
    expect(delegations.closestTo('first.example')).not.toBeNull()
    expect(delegations.closestTo('second.example')).toBeNull()
    delegations.remember(to('last.example'), HOUR_SECONDS)
    expect(delegations.closestTo('first.example')).toBeNull()
  })
})

describe('a name server’s addresses', () => {
  it('are kept by their TTL, for a minute to an hour', () => {
    const delegations = new Delegations()
    delegations.rememberAddresses('ns1.host.example', ['192.0.2.1'], 0)
    delegations.rememberAddresses('ns2.host.example', ['192.0.2.2'], 2 ** 31)
    pass(59)
    expect(delegations.addressesOf('ns1.host.example')).toEqual(['192.0.2.1'])
    pass(2)
    expect(delegations.addressesOf('ns1.host.example')).toBeNull()
    pass(HOUR_SECONDS - 63)
    expect(delegations.addressesOf('ns2.host.example')).toEqual(['192.0.2.2'])
    pass(3)
    expect(delegations.addressesOf('ns2.host.example')).toBeNull()
  })

  it('are a few, however many a hostile zone gives', () => {
    const delegations = new Delegations()
    const many = Array.from({ length: 500 }, (_, index) => `192.0.2.${index % 256}`)
    delegations.rememberAddresses('ns.host.example', many, HOUR_SECONDS)
    expect(delegations.addressesOf('ns.host.example')).toEqual(many.slice(0, 4))
  })
})
