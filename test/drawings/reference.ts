import { openDatabase } from '@mooring/postgres'
import { apiUnderTest } from '../builders/api-under-test.ts'
import { type OpenApi, apiPage } from './api-page.ts'
import { codesPage } from './codes-page.ts'
import { settingsPage } from './settings-page.ts'

/** The pages of `docs/reference`, by file name. */
export async function drawReference(): Promise<Record<string, string>> {
  return { 'api.md': apiPage(await openApi()), 'codes.md': codesPage(), 'settings.md': settingsPage() }
}

/** Nothing is asked of the database: the document is made of the routes' schemas. */
export async function openApi(): Promise<OpenApi> {
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const database = openDatabase({ url: 'postgres://nobody@127.0.0.1:1/nothing', log })
  const { app, call } = apiUnderTest(database)
  const { json } = await call('GET', '/openapi.json', { key: null })
  await app.close()
  await database.close()
  return json
}
