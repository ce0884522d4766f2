import { stripVTControlCharacters } from 'node:util'
import { expect } from 'vitest'
import { runMoor, runMoorOnTerminal } from './moor.ts'

interface Expected {
  exitCode?: number
  /** What a person reads; of a refusal, what a program's log says as well. */
  says: RegExp
  /** A line of JSON each, or no JSON at all; one JSON text otherwise. */
  form?: 'lines' | 'text'
  input?: string
  keys?: string
}

/** Somebody who runs `moor`, and looks at everything that it says. */
export interface Reader {
  name: 'person' | 'program'
  /** Resolves with what was read. */
  run(args: string[], expected: Expected): Promise<string>
  ran: string[][]
}

const COLUMNS = 80

/** At a terminal, with colours. */
export function person(env: Record<string, string>): Reader {
  const ran: string[][] = []
  return {
    name: 'person',
    ran,
    async run(args, { exitCode = 0, says, ...given }) {
      ran.push(args)
      const { screen, exitCode: ended } = await runMoorOnTerminal(args, env, given)
      const text = stripVTControlCharacters(screen)
      expect({ args, exitCode: ended, text }).toMatchObject({ exitCode, text: expect.stringMatching(says) })
      // But what is to be copied, and what is for other programs, nothing is left for the terminal to wrap.
      if (given.form !== undefined) return text
      for (const row of text.split('\n').filter((line) => line.trim().split(' ').length > 2)) {
        expect(row.split('\r').at(-1)?.length, row).toBeLessThanOrEqual(COLUMNS)
      }
      return text
    },
  }
}

/** With `--json`. */
export function program(env: Record<string, string>): Reader {
  const ran: string[][] = []
  return {
    name: 'program',
    ran,
    async run(args, { exitCode = 0, says, form, input }) {
      ran.push(args)
      const {
        exitCode: ended,
        stdout,
        stderr,
      } = await runMoor([...args, '--json'], env, input === undefined ? {} : { input })
      expect({ args, exitCode: ended, stderr }).toMatchObject({ exitCode })
      expect(stdout).not.toContain('\x1b')
      if (stdout === '') expect(stderr).toMatch(says)
      else if (form === undefined) JSON.parse(stdout)
      else if (form === 'lines') stdout.split('\n').map((line) => JSON.parse(line))
      return stdout
    },
  }
}
