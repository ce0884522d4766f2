import { type RunningApi, startApi } from '@mooring/api'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { apiDependencies } from '../builders/api-under-test.ts'
import { openWindow, startBrowser } from '../services/browser.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
let browser: Browser
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(() => browser.close())

it('/docs shows every call in a real browser, which asks nobody but the API and finds nothing to refuse', async () => {
  const api: RunningApi = await startApi({ ...apiDependencies(database()).dependencies, host: '127.0.0.1', port: 0 })
  try {
    const { page, faults } = await openWindow(browser, api.url)
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    await page.goto('/docs')
    await page.locator('#operations-tag-domains').click()
    const launch = page.locator('.opblock-post', { hasText: 'Launch a domain' })
    await launch.locator('.opblock-summary').click()
    await launch.getByText('Each tenant may claim a hostname once').waitFor()
    expect(asked.length).toBeGreaterThan(5)
    expect(asked.filter((url) => !url.startsWith(`${api.url}/`) && !url.startsWith('data:'))).toEqual([])
    expect(faults).toEqual([])
    await page.context().close()
  } finally {
    await api.stop()
  }
})
