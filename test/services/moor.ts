import { join } from 'node:path'
import { execa } from 'execa'

const MAIN = join(import.meta.dirname, '../../apps/cli/src/main.ts')

/** What somebody sees who runs `moor` with these arguments, its output piped. */
export interface MoorRun {
  exitCode: number | undefined
  stdout: string
  stderr: string
}

/** Runs the real command as a process, told nothing of the tester's environment. */
export async function runMoor(args: string[], env: Record<string, string> = {}): Promise<MoorRun> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [MAIN, ...args], {
    env: { LANG: 'C.UTF-8', ...env },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  })
  return { exitCode, stdout, stderr }
}
