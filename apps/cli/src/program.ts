import { ConfigError } from '@mooring/runtime'
import { Command, CommanderError } from 'commander'
import { doctorCommand } from './commands/doctor.ts'
import { domainsCommand } from './commands/domains.ts'
import { limitsCommand } from './commands/limits.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { Failure } from './failure.ts'
import { describeTerminal } from './render/terminal.ts'
import { shownText } from './render/visible-text.ts'

/** Runs one command line, without the program's own name. */
export async function runProgram(args: string[]): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok
  const program = new Command('moor')
    .description('Ties customers’ own domains to a platform.')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => writeTo(process.stdout, text), writeErr: complain })
  const exitWith = (of: ExitCode) => {
    code = of
  }
  for (const command of [doctorCommand(exitWith), domainsCommand(exitWith), limitsCommand(exitWith)]) {
    program.addCommand(inheriting(command, program))
  }
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    if (error instanceof ConfigError) return complainAnd(EXIT.usage, error)
    if (error instanceof Failure) return complainAnd(error.code, error)
    throw error
  }
}

/** Commands that are added whole do not take over by themselves where to write and how to end. */
function inheriting(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent)
  for (const inner of command.commands) inheriting(inner, command)
  return command
}

function complainAnd(code: ExitCode, error: Error): ExitCode {
  complain(`moor: ${error.message}\n`)
  return code
}

const complain = (text: string): void => writeTo(process.stderr, text)

/** Complaints repeat what was typed, and what is typed may have been pasted. */
function writeTo(stream: NodeJS.WriteStream, text: string): void {
  const terminal = describeTerminal(stream, process.env, { color: false })
  stream.write(
    text
      .split('\n')
      .map((row) => shownText(row, terminal))
      .join('\n'),
  )
}
