import { createInterface } from 'node:readline/promises'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { describeTerminal } from '../render/terminal.ts'
import { shownText } from '../render/visible-text.ts'

/** Asks whoever sits there. Throws `Failure` when nobody does, or on anything but yes. */
export async function confirm(question: string, { yes }: { yes: boolean }): Promise<void> {
  if (yes) return
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new Failure(EXIT.usage, `${question} Nobody can be asked here: say --yes.`)
  }
  const terminal = describeTerminal(process.stderr, process.env, { color: false })
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await prompt.question(`${shownText(question, terminal)} [y/N] `)
    if (!/^y(es)?$/i.test(answer.trim())) throw new Failure(EXIT.wrong, 'Nothing was changed.')
  } finally {
    prompt.close()
  }
}
