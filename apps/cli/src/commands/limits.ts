import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { limitsPage } from '../render/limits-page.ts'
import { ask } from '../server/ask.ts'
import { limitsSchema } from '../server/limits-answer.ts'
import { serverFromEnvironment } from '../server/server-from-environment.ts'
import { type OutputOptions, output, outputOptions } from './output.ts'

/** `moor limits`: what the certificate authorities let through today. */
export function limitsCommand(exitWith: (code: ExitCode) => void): Command {
  const limits = new Command('limits')
    .description('Say what can be launched today within the limits of the certificate authorities.')
    .action(async (options: OutputOptions) => {
      const answer = await ask(serverFromEnvironment(), { method: 'GET', path: '/v1/limits' }, limitsSchema)
      output(answer.body, limitsPage(answer.value), options)
      exitWith(EXIT.ok)
    })
  for (const option of outputOptions()) limits.addOption(option)
  return limits
}
