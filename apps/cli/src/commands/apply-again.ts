import { watch } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { ExitCode } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { complain } from '../render/complain.ts'

/** An editor writes a file in several steps. */
const SETTLE_MS = 200

/** Applies now, and each time that the file is another. What is wrong with it is said, and waited over. */
export async function applyAgain(file: string, apply: () => Promise<ExitCode>): Promise<never> {
  // Editors put a new file in the place of the old one: its folder is what stays.
  const changes = watch(dirname(file))
  await applyOrComplain(apply)
  for await (const { filename } of changes) {
    if (filename !== basename(file)) continue
    await pause(SETTLE_MS)
    await applyOrComplain(apply)
  }
  throw new Error('A folder is watched without end.')
}

async function applyOrComplain(apply: () => Promise<ExitCode>): Promise<void> {
  try {
    await apply()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    complain(`moor: ${error.message}\n`)
  }
}
