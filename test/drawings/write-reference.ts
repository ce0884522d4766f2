/** `npm run docs`: writes the pages of `docs/reference` anew. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawReference } from './reference.ts'

for (const [file, text] of Object.entries(await drawReference())) {
  writeFileSync(join(import.meta.dirname, '../../docs/reference', file), text)
}
