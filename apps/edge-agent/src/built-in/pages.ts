import type { ServerResponse } from 'node:http'
import { HOLDING_PAGE, HOLDING_RETRY_SECONDS } from '@mooring/core'

const PAGES = {
  421: ['Not served here', 'No site of this name is served by this address.'],
  502: ['No answer', 'The site behind this name does not answer. Please try again in a moment.'],
  503: ['Nothing here yet', 'This name is connected, but no site has been assigned to it yet.'],
} as const

export function sendPage(response: ServerResponse, status: keyof typeof PAGES): void {
  const [title, text] = PAGES[status]
  const html = `<!doctype html><meta charset=utf-8><title>${status}</title><h1>${title}</h1><p>${text}</p>\n`
  send(response, status, html, status === 503 ? { 'retry-after': '300' } : {})
}

/** For suspended names. */
export function sendHoldingPage(response: ServerResponse): void {
  send(response, 503, HOLDING_PAGE, { 'retry-after': String(HOLDING_RETRY_SECONDS), 'cache-control': 'no-store' })
}

function send(response: ServerResponse, status: number, html: string, headers: Record<string, string>): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(html),
    ...headers,
  })
  response.end(html)
}
