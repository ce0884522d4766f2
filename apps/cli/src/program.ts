import { ConfigError } from '@mooring/runtime'
import { type Argument, Command, CommanderError } from 'commander'
import { applyCommand, importCommand } from './commands/apply.ts'
import { auditCommand } from './commands/audit.ts'
import { certificatesCommand } from './commands/certificates.ts'
import type { MakeCommand } from './commands/command.ts'
import { completionCommand } from './commands/completion.ts'
import { doctorCommand } from './commands/doctor.ts'
import { domainsCommand } from './commands/domains.ts'
import { edgesCommand } from './commands/edges.ts'
import { jobsCommand } from './commands/jobs.ts'
import { keysCommand } from './commands/keys.ts'
import { limitsCommand } from './commands/limits.ts'
import { notificationsCommand } from './commands/notifications.ts'
import { servicesCommand } from './commands/services.ts'
import { silenceCommand } from './commands/silence.ts'
import { usersCommand } from './commands/users.ts'
import { webhooksCommand } from './commands/webhooks.ts'
import { workersCommand } from './commands/workers.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { Failure } from './failure.ts'
import { complain, writeTo } from './render/complain.ts'

const COMMANDS: MakeCommand[] = [
  domainsCommand,
  applyCommand,
  importCommand,
  doctorCommand,
  limitsCommand,
  certificatesCommand,
  jobsCommand,
  workersCommand,
  edgesCommand,
  servicesCommand,
  webhooksCommand,
  notificationsCommand,
  silenceCommand,
  keysCommand,
  usersCommand,
  auditCommand,
]

/** Runs one command line, without the program's own name. */
export async function runProgram(args: string[]): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok
  const program = new Command('moor')
    .description('Ties customers’ own domains to a platform.')
    .helpCommand(false)
    .configureHelp({ subcommandTerm: termOf })
    .showHelpAfterError('With --help it says what it takes.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => writeTo(process.stdout, text), writeErr: complain, outputError: complainOf })
  const exitWith = (of: ExitCode) => {
    code = of
  }
  for (const make of [...COMMANDS, completionCommand(() => program)]) {
    program.addCommand(inheriting(make(exitWith), program))
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

/** The library says `error:`, and everything else of this program says who it is. */
const complainOf = (text: string): void => complain(text.replace(/^error:/, 'moor:'))

/** `add <hostname>`: that a command takes options as well goes without saying. */
const termOf = (of: Command): string => [of.name(), ...of.registeredArguments.map(nameOf)].join(' ')

const nameOf = (argument: Argument): string => (argument.required ? `<${argument.name()}>` : `[${argument.name()}]`)

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
