import { CHANGE, LAUNCH, LEAVING, RENEWAL, SUSPENSION, type Step, type StepName, WATCH, stepNamed } from '@mooring/core'

/** The state machine as a Mermaid state diagram, drawn from the lists of steps that are the machine. */
export function drawMachine(): string {
  const lists = [LAUNCH, CHANGE, WATCH, RENEWAL, SUSPENSION, LEAVING]
  const lines = ['stateDiagram-v2', '  [*] --> pending']
  for (const { from, to, names } of lists.flatMap(byTransition)) lines.push(`  ${from} --> ${to}: ${names.join(', ')}`)
  for (const step of lists.flat()) {
    // Ways within a state are the steps' own matter.
    const ways = (step.leadsTo ?? []).filter((target) => stateOf(target) !== step.from)
    for (const target of ways) lines.push(`  ${step.from} --> ${stateOf(target)}: ${WHY[target] ?? target}`)
  }
  const launchStates = [...new Set(LAUNCH.map(({ from }) => from))]
  for (const state of launchStates) lines.push(`  ${state} --> failed`)
  lines.push('  note right of failed: retry goes on at the step that failed')
  lines.push('  active --> suspended: suspend')
  const leaving = [...launchStates, 'active', 'suspended', 'failed']
  for (const state of leaving) lines.push(`  ${state} --> deprovisioning: DELETE`)
  lines.push('  deprovisioning --> pending: restore')
  lines.push('  deprovisioned --> [*]')
  return lines.join('\n')
}

/** Why a step leads out of its list, in a word. */
const WHY: Partial<Record<StepName, string>> = {
  verify_ownership: 'not held',
  publish_holding: 'proof lost',
  withdraw_route: 'proof not back in time',
  order_certificate: 'certificate ran out',
}

function stateOf(name: StepName): string {
  const step = stepNamed(name)
  if (step === null) throw new Error(`there is no step ${name}`)
  return step.from
}

/** Steps that stay in their state are drawn with the one that leaves it, or alone at the end of their list. */
function byTransition(steps: readonly Step[]): { from: string; to: string; names: string[] }[] {
  const groups: { from: string; to: string; names: string[] }[] = []
  let staying: Step[] = []
  for (const step of steps) {
    staying.push(step)
    if (step.from === step.to && step !== steps.at(-1)) continue
    groups.push({ from: step.from, to: step.to, names: staying.map(({ name }) => name) })
    staying = []
  }
  return groups
}
