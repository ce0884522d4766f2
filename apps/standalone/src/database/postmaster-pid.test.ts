import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readPidFile } from './postmaster-pid.ts'

let data: string
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'mooring-pid-'))
})
afterEach(() => rm(data, { recursive: true, force: true }))

const write = (pid: number, status: string) =>
  writeFile(join(data, 'postmaster.pid'), [pid, data, 1700000000, 5432, '', '127.0.0.1', '1 2', status, ''].join('\n'))

test('without the file nothing runs', async () => {
  expect(await readPidFile(data)).toBeNull()
})

test('a server that is still starting is not ready', async () => {
  await write(process.pid, 'starting')
  expect(await readPidFile(data)).toMatchObject({ pid: process.pid, isReady: false })
  await write(process.pid, 'ready   ')
  expect(await readPidFile(data)).toMatchObject({ isReady: true })
})

test.runIf(process.platform === 'linux')(
  'an id that was given to another process since is not the server',
  async () => {
    await write(process.pid, 'ready')
    expect(await readPidFile(data)).toMatchObject({ isAlive: false })
  },
)
