import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'

const lockSchema = z.object({
  packages: z.record(z.string(), z.object({ optionalDependencies: z.record(z.string(), z.string()).default({}) })),
})

// `npm install` drops the entries of platforms that it could not or need not fetch (npm/cli#4828); `npm ci`, and with
// it every first start on a fresh clone, then refuses the file: "Missing: … from lock file".
test('the lock file names the optional packages of every platform', async () => {
  const text = await readFile(join(import.meta.dirname, '../package-lock.json'), 'utf8')
  const { packages } = lockSchema.parse(JSON.parse(text))
  const missing = Object.entries(packages).flatMap(([place, { optionalDependencies }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !placesFor(place, name).some((candidate) => candidate in packages),
    ),
  )
  expect(missing).toEqual([])
})

/** Where Node would look for a package that the one at `place` needs: beside it, then further out. */
function placesFor(place: string, name: string): string[] {
  const parts = place.split('/node_modules/')
  const outward = parts.map(
    (_, at) => `${parts.slice(0, parts.length - at).join('/node_modules/')}/node_modules/${name}`,
  )
  return [...outward, `node_modules/${name}`]
}
