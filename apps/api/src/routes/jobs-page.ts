import { readFileSync } from 'node:fs'
import type { App } from './route.ts'

// No inline code or style, nothing from elsewhere, in nobody's frame.
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const FILES = [
  { url: '/', file: 'jobs-page.html', type: 'text/html; charset=utf-8' },
  { url: '/jobs-page.css', file: 'jobs-page.css', type: 'text/css; charset=utf-8' },
  { url: '/jobs-page.js', file: 'jobs-page.js', type: 'text/javascript; charset=utf-8' },
  { url: '/jobs-page.svg', file: 'jobs-page.svg', type: 'image/svg+xml' },
]

/** The page for ops. It holds no data of its own: it asks for an API key and reads `/v1/jobs` with it. */
export function jobsPageRoutes(app: App): void {
  for (const { url, file, type } of FILES) {
    const text = readFileSync(new URL(`../page/${file}`, import.meta.url), 'utf8')
    app.get(url, { schema: { hide: true }, config: { isQuiet: true } }, (_request, reply) =>
      reply
        .headers({
          'content-type': type,
          'content-security-policy': CONTENT_SECURITY_POLICY,
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          'cache-control': 'no-cache',
        })
        .send(text),
    )
  }
}
