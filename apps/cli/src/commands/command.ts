import { Command, Option } from 'commander'
import type { ExitCode } from '../exit-codes.ts'
import { type OutputOptions, outputOptions } from './output.ts'

/** Makes a command; `exitWith` is told what it comes to. */
export type MakeCommand = (exitWith: (code: ExitCode) => void) => Command

interface CommandSpec<Options extends OutputOptions> {
  name: string
  description: string
  /** `<needed>` or `[not]`, each with what it means. */
  args?: [usage: string, means: string][]
  options?: Option[]
  after?: string
  run(args: string[], options: Options): Promise<ExitCode>
}

export function command<Options extends OutputOptions>(spec: CommandSpec<Options>): MakeCommand {
  const { name, description, args = [], options = [], after = '', run } = spec
  return (exitWith) => {
    const made = new Command(name).description(description).addHelpText('after', after)
    for (const [usage, means] of args) made.argument(usage, means)
    for (const option of [...options, ...outputOptions()]) made.addOption(option)
    return made.action(async (...given: unknown[]) => {
      // The library hands over the arguments, then the options, then the command itself.
      const [typed, read] = [given.slice(0, -2), given.at(-2)] as [string[], Options]
      exitWith(await run(typed, read))
    })
  }
}

/** A word that is followed by one of these. */
export function group(name: string, description: string, commands: MakeCommand[]): MakeCommand {
  return (exitWith) => {
    const made = new Command(name).description(description).helpCommand(false)
    for (const make of commands) made.addCommand(make(exitWith))
    return made
  }
}

/** Of a command that changes something. */
export interface ChangeOptions extends OutputOptions {
  why?: string
}

export const whyOption = (): Option => new Option('--why <text>', 'the reason, for the audit')
