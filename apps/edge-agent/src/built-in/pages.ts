import type { ServerResponse } from 'node:http'

const PAGES = {
  421: ['Not served here', 'No site of this name is served by this address.'],
  502: ['No answer', 'The site behind this name does not answer. Please try again in a moment.'],
  503: ['Nothing here yet', 'This name is connected, but no site has been assigned to it yet.'],
} as const

export function sendPage(response: ServerResponse, status: keyof typeof PAGES): void {
  const [title, text] = PAGES[status]
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    ...(status === 503 ? { 'retry-after': '300' } : {}),
  })
  response.end(`<!doctype html><meta charset=utf-8><title>${status}</title><h1>${title}</h1><p>${text}</p>\n`)
}
