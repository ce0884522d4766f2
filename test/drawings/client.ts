import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { generateApi } from '../../packages/client/generate.ts'
import { openApi } from './reference.ts'

const ROOT = join(import.meta.dirname, '../..')
export const CLIENT_FILE = join(ROOT, 'packages/client/src/generated/api.ts')

/** The types of the client, formatted as everything else is. */
export async function drawClient(): Promise<string> {
  const input = generateApi(await openApi())
  const biome = join(ROOT, 'node_modules/.bin/biome')
  return execFileSync(biome, ['format', `--stdin-file-path=${CLIENT_FILE}`], { input, encoding: 'utf8' })
}
