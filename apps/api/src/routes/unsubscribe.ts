import type { ContactBook } from '@mooring/core'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import type { App } from './route.ts'

// A form that posts to where it came from; nothing else.
const CONTENT_SECURITY_POLICY = "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
const BODY_LIMIT = 4096

const params = z.object({ token: z.string().max(200) })
const html = { 200: z.string().describe('A page, as text/html.') }

/**
 * The links in mails to customers. Reading one changes nothing, since programs that look for viruses follow every link; a
 * mailbox posts to it of its own accord when its owner asks for that (RFC 8058 §3.2).
 */
export function unsubscribeRoutes(app: App, { contacts }: { contacts: ContactBook }): void {
  void app.register(async (scope: App) => {
    // What the body says is the same for everybody: `List-Unsubscribe=One-Click`, in either form of RFC 8058 §3.2.
    for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data']) {
      scope.addContentTypeParser(type, { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (_request, _body, done) =>
        done(null, undefined),
      )
    }

    scope.get(
      '/unsubscribe/:token',
      { schema: { summary: 'Ask before mails end', tags: ['mails'], security: [], params, response: html } },
      async ({ params: { token } }, reply) => {
        const topic = await contacts.topicOf(token)
        return topic === null ? sendPage(reply, GONE) : sendPage(reply, ASK)
      },
    )

    scope.post(
      '/unsubscribe/:token',
      { schema: { summary: 'End the mails of one topic', tags: ['mails'], security: [], params, response: html } },
      async ({ params: { token } }, reply) => sendPage(reply, (await contacts.unsubscribe(token)) ? DONE : GONE),
    )
  })
}

interface Page {
  status: number
  body: string
}

const ASK: Page = {
  status: 200,
  body: '<h1>No more of these mails?</h1><form method="post"><button>Yes, unsubscribe</button></form>',
}
const DONE: Page = { status: 200, body: '<h1>You will get no more of these mails.</h1>' }
const GONE: Page = {
  status: 404,
  body: '<h1>This link is not good any more.</h1><p>No mails go to this address by it.</p>',
}

function sendPage(reply: FastifyReply, { status, body }: Page): FastifyReply {
  return reply
    .code(status)
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    .send(
      `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mails</title>` +
        `<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"></head><body>${body}</body></html>`,
    )
}
