import {
  type CustomerTopic,
  type Domain,
  type EdgeIdentity,
  type NoticeMessage,
  type NoticeSender,
  type RequiredRecord,
  type ToldDomain,
  requiredRecords,
  troubleFor,
  unsubscribeToken,
} from '@mooring/core'
import { CUSTOMER_CHANNEL, type CustomerMails, type CustomerMatter } from '@mooring/postgres'
import type { CustomerTemplates, Mailer } from '@mooring/providers'

/** Notes what customers have to hear and writes the mails that are due; returns how many. */
export type CustomerWriter = (now: Date) => Promise<number>

interface Writing {
  mails: CustomerMails
  templates: CustomerTemplates
  edge: EdgeIdentity
  /** Where this platform's API is reached by customers' mailboxes; without it there is no link to end the mails. */
  publicUrl: string | null
  gatherMs: number
  windowMs: number
}

export function createCustomerWriter({
  mails,
  templates,
  edge,
  publicUrl,
  gatherMs,
  windowMs,
}: Writing): CustomerWriter {
  return async (now) => {
    await mails.gather(now)
    let written = 0
    while (await mails.writeNext({ now, gatherMs, windowMs }, word)) written += 1
    return written
  }

  function word({ topic, contact, domains }: CustomerMatter): Omit<NoticeMessage, 'id'> {
    const unsubscribeUrl =
      publicUrl === null ? null : new URL(`/unsubscribe/${unsubscribeToken(contact, topic)}`, publicUrl).href
    const { subject, text, html } = templates.render({
      topic,
      locale: contact.locale,
      tenant: contact.tenant,
      domains: domains.map(({ domain, certificateEnds }) => toldOf(domain, { topic, edge, certificateEnds })),
      unsubscribeUrl,
    })
    return { text, mail: { contactId: contact.id, topic, subject, html, unsubscribeUrl } }
  }
}

/** Sends them. The address is looked up now: who left or wants no more meanwhile gets nothing. */
export function createCustomerSender(mailer: Mailer, mails: Pick<CustomerMails, 'addressOf'>): NoticeSender {
  return {
    channel: CUSTOMER_CHANNEL,
    async send({ id, text, mail }) {
      if (mail === undefined) return { kind: 'refused', detail: 'This is no mail.' }
      const address = await mails.addressOf(mail.contactId, mail.topic)
      if (address === null) return { kind: 'refused', detail: 'The contact is gone, or wants no more of this topic.' }
      const { subject, html, unsubscribeUrl } = mail
      return mailer.send({ to: [address], subject, text, html, messageId: id, headers: headersOf(unsubscribeUrl) })
    },
  }
}

/** RFC 8058 §3.1: one click in the mailbox's own button is enough. */
function headersOf(unsubscribeUrl: string | null): Record<string, string> {
  if (unsubscribeUrl === null) return {}
  return { 'List-Unsubscribe': `<${unsubscribeUrl}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }
}

interface Telling {
  topic: CustomerTopic
  edge: EdgeIdentity
  certificateEnds: Date | null
}

/** What a customer may know of a domain: never a reason's own words, which may name what only the platform knows. */
function toldOf(domain: Domain, telling: Telling): ToldDomain {
  const { verification, hostname, renewalReason } = domain
  const records = requiredRecords(domain, telling.edge)
  const ownership = records.filter(({ purpose }) => purpose === 'ownership')
  const told = (shown: RequiredRecord[], deadline: Date | null): ToldDomain => ({
    hostname,
    records: shown.map(({ type, name, value }) => ({ type, name, value })),
    deadline: deadline?.toISOString().slice(0, 10) ?? null,
    trouble: null,
  })
  switch (telling.topic) {
    case 'records_to_add':
    case 'records_still_missing':
      return told(records, domain.ownershipVerifiedAt === null ? verification.expiresAt : null)
    case 'rotation':
      return told(ownership, verification.previous?.acceptedUntil ?? null)
    case 'proof_lost':
      return told(ownership, null)
    case 'certificate_trouble':
      return { ...told([], telling.certificateEnds), trouble: troubleFor(renewalReason?.code ?? null) }
    case 'leaving':
      return told([], domain.deleteAfter)
    case 'left':
      return told([], null)
  }
}
