import { Option } from 'commander'
import type { Page } from '../render/page.ts'
import { printJson } from '../render/print-json.ts'
import { printPage } from '../render/print-page.ts'
import { describeTerminal } from '../render/terminal.ts'

/** How a command's answer is wanted. */
export interface OutputOptions {
  json?: true
  color: boolean
}

export const outputOptions = (): Option[] =>
  [new Option('--json', 'for programs, in the API’s words'), new Option('--no-color', 'no colour (or NO_COLOR)')].map(
    (option) => option.helpGroup('Output:'),
  )

/** The answer for programs when `--json` asks for it, and its page otherwise, be it to a terminal or into a file. */
export function output(answer: unknown, page: Page, options: OutputOptions): void {
  const terminal = describeTerminal(process.stdout, process.env, options)
  process.stdout.write(options.json === true ? printJson(answer) : printPage(page, terminal))
}
