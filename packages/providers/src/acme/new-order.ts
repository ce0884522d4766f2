import { CaProblem, type Hostname } from '@mooring/core'
import { locationOf } from './answers.ts'
import { certificateIdOf } from './certificate-id.ts'
import type { AcmeClient } from './client.ts'
import { type Order, orderOf } from './order.ts'

interface NewOrder {
  hostname: Hostname
  profile: string | undefined
  /** The chain to replace. */
  replaces: string | null
  signal: AbortSignal
}

/**
 * newOrder (RFC 8555 §7.4), for a certificate of the profile (draft-ietf-acme-profiles §4), as the replacement of another
 * (RFC 9773 §5). A CA that does not want to know of the replacement is asked once without it.
 */
export async function newOrder(client: AcmeClient, need: NewOrder): Promise<{ order: Order; replaces: boolean }> {
  const { hostname, profile, signal } = need
  const directory = await client.directory(signal)
  expectProfile(profile, directory.meta.profiles)
  const plain = { identifiers: [{ type: 'dns', value: hostname }], ...(profile === undefined ? {} : { profile }) }
  const replaced = need.replaces === null || directory.renewalInfo === undefined ? null : certificateIdOf(need.replaces)
  const place = async (replaces: string | null) => {
    const payload = replaces === null ? plain : { ...plain, replaces }
    const answer = await client.postTo('newOrder', payload, signal)
    const order = orderOf(answer, locationOf(answer), client)
    // RFC 9773 §5: a CA that takes it repeats it. One that passed over it counts the order as any other.
    return { order, replaces: replaces !== null && order.replaces === replaces }
  }
  if (replaced === null) return place(null)
  try {
    return await place(replaced)
  } catch (error) {
    if (!isAboutReplacing(error)) throw error
    client.log?.warn({ hostname, detail: error.message }, 'the CA takes the order for no replacement: ordering without')
    return place(null)
  }
}

function expectProfile(profile: string | undefined, offered: Record<string, unknown> | undefined): void {
  if (profile === undefined || offered === undefined || Object.hasOwn(offered, profile)) return
  const names = Object.keys(offered).filter((name) => /^[\w.-]{1,64}$/.test(name))
  throw new CaProblem(
    'invalidProfile',
    `The certificate authority has no profile "${profile}"; it has ${names.slice(0, 20).join(', ') || 'none'}. Choose one ` +
      'of these, or none.',
  )
}

/** RFC 9773 §7.4: 409 `alreadyReplaced`. CAs have other complaints, of which only the wording tells what they are about. */
const isAboutReplacing = (error: unknown): error is CaProblem =>
  error instanceof CaProblem &&
  (error.status === 409 || error.type === 'alreadyReplaced' || saysReplacing(error)) &&
  error.type !== 'rateLimited'

const saysReplacing = ({ type, status, message }: CaProblem): boolean =>
  type !== 'serverInternal' && status >= 400 && status < 500 && /\breplac(e|es|ed|ing|ement)\b/i.test(message)
