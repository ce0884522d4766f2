import { randomUUIDv7 } from 'node:crypto'

/** Ids sort by creation time (UUIDv7, RFC 9562 §5.7) and say what they name. */
const prefixed =
  <Prefix extends string>(prefix: Prefix) =>
  (): `${Prefix}_${string}` =>
    `${prefix}_${randomUUIDv7()}`

export const newDomainId = prefixed('dom')
export const newCertificateId = prefixed('crt')
export const newEdgeId = prefixed('edge')
export const newDnsZoneId = prefixed('zone')
export const newApiKeyId = prefixed('key')
export const newUserId = prefixed('user')
export const newDeliveryId = prefixed('dlv')
export const newNoticeId = prefixed('ntc')
export const newSilenceId = prefixed('sil')
export const newContactId = prefixed('con')
export const newWebhookId = prefixed('whk')
export const newMessageId = prefixed('msg')

export const DOMAIN_ID = /^dom_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
