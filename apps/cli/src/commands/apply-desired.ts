import { carryOut } from '../apply/carry-out.ts'
import type { Wanted } from '../apply/desired.ts'
import { makePlan } from '../apply/make-plan.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { donePage, planPage } from '../render/plan-page.ts'
import { clientOf } from '../server/call-server.ts'
import { failureOf } from '../server/failure-of.ts'
import { serverFromEnvironment } from '../server/server-from-environment.ts'
import type { ChangeOptions } from './command.ts'
import { confirm } from './confirm.ts'
import { output } from './output.ts'

export interface ApplyOptions extends ChangeOptions {
  dryRun: boolean
  prune: boolean
  yes: boolean
}

/** Says what differs, and does it. Only deleting is asked about: all else can be taken back by the file. */
export async function applyDesired(wanted: Wanted, options: ApplyOptions): Promise<ExitCode> {
  const client = clientOf(serverFromEnvironment())
  const steps = await makePlan(client, wanted, options).catch((error: unknown) => {
    throw failureOf(error)
  })
  const hasConflict = steps.some(({ kind }) => kind === 'conflict')
  if (options.dryRun) {
    output(steps, planPage(steps), options)
    return hasConflict ? EXIT.wrong : EXIT.ok
  }
  if (options.json !== true) output(steps, planPage(steps), options)
  const leaving = steps.filter(({ kind }) => kind === 'delete').length
  if (leaving > 0) await confirm(`Delete ${leaving} domains?`, options)
  const isNothingToDo = steps.every(({ kind }) => kind === 'nothing')
  const done = await carryOut(client, steps, options.why)
  if (!isNothingToDo || options.json === true) output(done, donePage(done), options)
  return done.some(({ refusal }) => refusal !== null) ? EXIT.wrong : EXIT.ok
}
