import { openDatabase } from '@mooring/postgres'
import { describe, expect, it } from 'vitest'
import { apiUnderTest } from '../../../test/builders/api-under-test.ts'
import { silentLog } from '../../../test/builders/silent-log.ts'

const { call } = apiUnderTest(openDatabase({ url: 'postgres://nobody@127.0.0.1:1/nothing', log: silentLog }))
const get = (url: string) => call('GET', url, { key: null })

/** What a page or a style sheet makes a browser load. */
const loadedBy = (text: string): string[] =>
  [...text.matchAll(/(?:src|href)="([^"]*)"|url\(["']?([^"')]*)|@import\s+["']([^"']*)/g)].map(
    ([, ...found]) => found.find((one) => one !== undefined) ?? '',
  )

describe('/docs', () => {
  it('is a page for people, without a key, that allows nothing inline and nothing from elsewhere', async () => {
    for (const url of ['/docs', '/docs/']) {
      const { status, headers, text } = await get(url)
      expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
      expect(text).toContain('Mooring API')
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
      const policy = String(headers['content-security-policy'])
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toMatch(/unsafe|https?:|\*/)
    }
  })

  it('loads what it needs from here alone, and all of it is there', async () => {
    const files = loadedBy((await get('/docs')).text)
    expect(files.length).toBeGreaterThan(4)
    for (const file of files) {
      expect(file).toMatch(/^\/docs\/static\/[\w.-]+$/)
      const { status, text, headers } = await get(file)
      expect([file, status, headers['content-security-policy'] !== undefined]).toEqual([file, 200, true])
      if (file.endsWith('.css')) expect(loadedBy(text).filter((url) => !url.startsWith('data:'))).toEqual([])
    }
  })

  it('shows the same document as /openapi.json', async () => {
    expect((await get('/docs/json')).json).toEqual((await get('/openapi.json')).json)
    expect((await get('/docs/static/swagger-initializer.js')).text).toContain("resolveUrl('./json')")
  })

  it.each(['/docs/static/..%2Findex.js', '/docs/static/%2e%2e/package.json', '/docs/none'])(
    'hands nothing else out: %s',
    async (url) => {
      expect([403, 404]).toContain((await get(url)).status)
    },
  )
})
