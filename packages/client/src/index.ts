export {
  type Client,
  type ClientOptions,
  createClient,
  type Input,
  type ListOperation,
  type Operation,
} from './create-client.ts'
export { type FieldError, NoAnswerError, ProblemError, type ProblemDocument } from './errors.ts'
export type { EventOptions, LiveEvent } from './events.ts'
export type { FollowOptions } from './follow-domain.ts'
export type * from './generated/api.ts'
export type { Answer, CallOptions, Request } from './request.ts'
export { StateError, type WaitOptions } from './wait-for-state.ts'
export {
  verifyWebhook,
  WebhookError,
  type WebhookEvent,
  type WebhookFault,
  type WebhookHeaders,
} from './verify-webhook.ts'
