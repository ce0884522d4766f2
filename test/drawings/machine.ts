import { CHANGE, LAUNCH, LEAVING, type Step } from '@mooring/core'

/** The state machine as a Mermaid state diagram, drawn from the lists of steps that are the machine. */
export function drawMachine(): string {
  const lines = ['stateDiagram-v2', '  [*] --> pending']
  for (const group of byTransition([...LAUNCH, ...CHANGE, ...LEAVING])) {
    const { from, to, names } = group
    lines.push(`  ${from} --> ${to}: ${names.join(', ')}`)
  }
  const launchStates = [...new Set(LAUNCH.map(({ from }) => from))]
  for (const state of launchStates) lines.push(`  ${state} --> failed`)
  lines.push('  note right of failed: retry goes on at the step that failed')
  for (const state of [...launchStates, 'active', 'failed']) lines.push(`  ${state} --> deprovisioning: DELETE`)
  lines.push('  deprovisioned --> [*]')
  return lines.join('\n')
}

/** Steps that stay in their state are drawn with the one that leaves it. */
function byTransition(steps: readonly Step[]): { from: string; to: string; names: string[] }[] {
  const groups: { from: string; to: string; names: string[] }[] = []
  let staying: string[] = []
  for (const step of steps) {
    staying.push(step.name)
    if (step.from === step.to && step.from !== 'active') continue
    groups.push({ from: step.from, to: step.to, names: staying })
    staying = []
  }
  return groups
}
