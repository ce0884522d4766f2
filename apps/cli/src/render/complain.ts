import { describeTerminal } from './terminal.ts'
import { shownText } from './visible-text.ts'

export const complain = (text: string): void => writeTo(process.stderr, text)

/** Complaints repeat what was typed, and what is typed may have been pasted. */
export function writeTo(stream: NodeJS.WriteStream, text: string): void {
  const terminal = describeTerminal(stream, process.env, { color: false })
  stream.write(
    text
      .split('\n')
      .map((row) => shownText(row, terminal))
      .join('\n'),
  )
}
