import { type Diagnosis, parseHostname } from '@mooring/core'
import { readConfig } from '@mooring/runtime'
import { Command } from 'commander'
import { configSchema } from '../config.ts'
import { chooseExpectation } from '../doctor/choose-expectation.ts'
import { expectationGiven, saysWhatIsExpected } from '../doctor/expectation-given.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { diagnosisPage } from '../render/diagnosis-page.ts'
import { progressLine } from '../render/progress-line.ts'
import { describeTerminal } from '../render/terminal.ts'
import { knownServer } from '../server/known-server.ts'
import { type DoctorOptions, doctorOptions } from './doctor-options.ts'
import { output } from './output.ts'

/** `moor doctor <hostname>`: works without a server. `exitWith` is told what the command comes to. */
export function doctorCommand(exitWith: (code: ExitCode) => void): Command {
  const command = new Command('doctor')
    .description('Looks at a hostname from here, and says what is wrong and what to type where.')
    .argument('<hostname>', 'such as shop.example.com or *.example.com')
    .addHelpText('after', ENDINGS)
    .action(async (hostname: string, options: DoctorOptions) => exitWith(await doctor(hostname, options)))
  for (const option of doctorOptions()) command.addOption(option)
  return command
}

const ENDINGS = `
Ends with 0 when all is well, 1 when something is wrong, 2 when the command
makes no sense, 3 when nobody answers or a change is still spreading.`

async function doctor(text: string, options: DoctorOptions): Promise<ExitCode> {
  const config = readConfig(configSchema)
  const hostname = parseHostname(text, { reserved: [], allowedZones: config.MOORING_ALLOWED_ZONES })
  if (!hostname.ok) throw new Failure(EXIT.usage, `"${text}" is not a hostname. ${hostname.message}`)
  const given = expectationGiven(hostname.value, options, config)
  const server = saysWhatIsExpected(options) ? null : knownServer(config)

  const progress = progressLine(process.stderr, describeTerminal(process.stderr, process.env, options))
  try {
    const { expectation, source } = await chooseExpectation(hostname.value, { given, server })
    // What asks DNS takes longest to load, and no other command needs it.
    const { examine } = await import('../doctor/examine.ts')
    const diagnosis = await examine(hostname.value, expectation, { options, config, announce: progress.show })
    progress.clear()
    output(diagnosis, diagnosisPage(diagnosis, source), options)
    return codeOf(diagnosis)
  } finally {
    progress.clear()
  }
}

/**
 * Where nobody has to act, time will tell. And where not even the zone was found, as in a network that takes all DNS for
 * itself, a failing answer is nobody's fault out there.
 */
function codeOf({ ok, zone, checks }: Diagnosis): ExitCode {
  if (ok) return EXIT.ok
  const telling = checks.filter(({ status }) => status === 'problem' || zone !== null)
  return telling.some(({ reason }) => reason !== null && reason.actor !== 'nobody') ? EXIT.wrong : EXIT.unknown
}
