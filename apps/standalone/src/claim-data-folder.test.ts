import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { claimDataFolder } from './claim-data-folder.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mooring-claim-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('a data folder is one process’s at a time', async () => {
  const claim = await claimDataFolder(join(folder, 'data'))
  await expect(claimDataFolder(join(folder, 'data'))).rejects.toThrow('Mooring already runs on')
  await claim.release()
  await (await claimDataFolder(join(folder, 'data'))).release()
})
