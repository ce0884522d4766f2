import { join } from 'node:path'
import { execa } from 'execa'

/** The command itself. */
export const MOOR = join(import.meta.dirname, '../../apps/cli/src/main.ts')

/** What somebody sees who runs `moor` with these arguments, its output piped. */
export interface MoorRun {
  exitCode: number | undefined
  stdout: string
  stderr: string
}

/** Runs the real command as a process, told nothing of the tester's environment. */
export async function runMoor(
  args: string[],
  env: Record<string, string> = {},
  input: { input?: string } = {},
): Promise<MoorRun> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [MOOR, ...args], {
    env: { LANG: 'C.UTF-8', ...env },
    extendEnv: false,
    reject: false,
    ...(input.input === undefined ? { stdin: 'ignore' } : input),
  })
  return { exitCode, stdout, stderr }
}

/** Runs it on a pseudo-terminal of 80 columns, where a person types `keys`, or sends `input` through a pipe. */
export async function runMoorOnTerminal(
  args: string[],
  env: Record<string, string> = {},
  { input, keys = '' }: { input?: string; keys?: string } = {},
): Promise<{ exitCode: number | undefined; screen: string }> {
  const command = [process.execPath, MOOR, ...args].map(quoted).join(' ')
  const piped = input === undefined ? command : `printf %s ${quoted(input)} | ${command}`
  const { exitCode, stdout } = await execa('script', ['-qfec', `stty cols 80 rows 40 -echo; ${piped}`, '/dev/null'], {
    env: { PATH: process.env['PATH'], SHELL: '/bin/sh', TERM: 'xterm', LANG: 'C.UTF-8', ...env },
    extendEnv: false,
    reject: false,
    input: keys,
  })
  return { exitCode, screen: stdout.replaceAll('\r\n', '\n') }
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`
