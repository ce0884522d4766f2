import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { CLIENT_FILE, drawClient } from './drawings/client.ts'

it('the client’s types say what the routes say (npm run docs)', async () => {
  expect(readFileSync(CLIENT_FILE, 'utf8')).toBe(await drawClient())
})
