import { describe, expect, it } from 'vitest'
import { isUnsubscribeToken, readUnsubscribeToken, unsubscribeToken } from './unsubscribe-token.ts'

const contact = { id: 'con_0193a1b2-0000-7000-8000-000000000001', secret: 'a'.repeat(43) }

describe('unsubscribeToken', () => {
  it('says whom and which topic, and is good for no other', () => {
    const token = unsubscribeToken(contact, 'rotation')
    expect(readUnsubscribeToken(token)).toEqual({ contactId: contact.id, topic: 'rotation' })
    expect(isUnsubscribeToken(token, contact, 'rotation')).toBe(true)
    expect(isUnsubscribeToken(token, contact, 'left')).toBe(false)
    expect(isUnsubscribeToken(token, { ...contact, secret: 'another' }, 'rotation')).toBe(false)
    expect(isUnsubscribeToken(token.replace('rotation', 'left'), contact, 'left')).toBe(false)
  })

  it.each([
    '',
    'con_1.rotation.x',
    'con_0193a1b2-0000-7000-8000-000000000001.nothing.' + 'A'.repeat(43),
    'é'.repeat(90),
  ])('reads nothing in "%s"', (text) => {
    expect(readUnsubscribeToken(text)).toBeNull()
  })
})
