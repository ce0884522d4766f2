import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dashboardRoutes } from './routes/dashboard.ts'

describe('the dashboard’s files', () => {
  let built: string
  beforeAll(async () => {
    built = `${await mkdtemp(join(tmpdir(), 'mooring-dashboard-'))}/`
    await mkdir(join(built, 'assets'))
    await writeFile(join(built, 'index.html'), '<!doctype html>')
    await writeFile(join(built, '.sources'), 'a checksum')
    await writeFile(join(built, 'assets/index-Df9ILZou.js'), 'plain')
    await writeFile(join(built, 'assets/index-Df9ILZou.js.br'), 'small')
  })
  afterAll(() => rm(built, { recursive: true, force: true }))

  const get = async (url: string, { from = built, headers = {} } = {}) => {
    const app = fastify()
    await app.register((scope) => dashboardRoutes(scope as never, { built: from }))
    return app.inject({ url, headers })
  }

  it.each(['/', '/jobs?kind=failed', '/domains/shop.example.com', '/webhooks/wh_1', '/settings'])(
    'a page’s address is answered with the page, which allows nothing inline and nothing from elsewhere: %s',
    async (url) => {
      const { statusCode, body, headers } = await get(url)
      expect([statusCode, body]).toEqual([200, '<!doctype html>'])
      expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
      expect(headers['content-security-policy']).not.toContain('unsafe')
      expect(headers).toMatchObject({ 'cache-control': 'public, max-age=0', 'x-content-type-options': 'nosniff' })
    },
  )

  it('a file with its checksum in the name is kept for ever, and comes compressed to whoever takes it', async () => {
    const { body, headers } = await get('/assets/index-Df9ILZou.js', { headers: { 'accept-encoding': 'br, gzip' } })
    expect(body).toBe('small')
    expect(headers).toMatchObject({
      'content-type': expect.stringContaining('javascript'),
      'content-encoding': 'br',
      'cache-control': 'public, max-age=31536000, immutable',
    })
  })

  it.each(['/assets/..%2F.sources', '/assets/%2e%2e%2f.sources', '/assets/none.js', '/.sources', '/nowhere'])(
    'nothing else is handed out: %s',
    async (url) => {
      expect([403, 404]).toContain((await get(url)).statusCode)
    },
  )

  it('an API whose dashboard is not built says how to build it', async () => {
    const { statusCode, body } = await get('/', { from: join(built, 'none/') })
    expect(statusCode).toBe(503)
    expect(body).toContain('build-if-stale.ts')
  })
})
