/**
 * `npm run simulate -- --domains 1000000 --days 365`: a year of certificates on a fake clock. Budgets, admission, renewal
 * and the choice of an authority are core's own code; the authorities are a model that keeps to its own limits.
 *
 * Exits with 1 when a certificate expired on a name whose DNS is right or an authority refused an order for its limits,
 * and with 2 when the arguments are wrong. The last line of the output is JSON.
 */
import { SECOND } from '@mooring/core'
import { type Arguments, parseArguments } from './arguments.ts'
import { counted, daysToLoad, described, howLong, inDays, ordersOf, withDefaultLimits } from './how-long.ts'
import { writePlots } from './plots.ts'
import { factsOf, refusalsOf, reportOf } from './report.ts'
import { scenarioOf } from './scenario.ts'
import { simulate } from './simulate.ts'

const WRONG_ARGUMENTS = 2

const given = parseArguments(process.argv.slice(2))
if (given.ok) process.exitCode = run(given.value)
else process.exitCode = complain(given.message)

function run(given: Arguments): number {
  if (given.command === 'simulate') return runSimulation(given)
  const { text, facts } = howLong(given.names, given.limits)
  if (!given.json) console.log(text)
  console.log(JSON.stringify(facts))
  return 0
}

function runSimulation({ domains, days, seed, limits, out, json }: Arguments & { command: 'simulate' }): number {
  const load = daysToLoad(domains, limits)
  if (load > days) {
    const orders = described(ordersOf(limits))
    return complain(
      `With ${orders}, ${counted(domains)} names take ${inDays(load)}, longer than the ${days} that are simulated: say what the account was granted, such as --limit new_orders=20000/3h.`,
    )
  }
  const scenario = scenarioOf({ domains, days, seed, granted: limits })
  say(withDefaultLimits(domains))
  const startedAt = performance.now()
  const tally = simulate(scenario, progress(days, startedAt))
  const cost = { seconds: (performance.now() - startedAt) / SECOND, megabytes: process.resourceUsage().maxRSS / 1024 }
  const plots = writePlots(scenario, tally, out)
  if (!json) console.log(`${reportOf(scenario, tally, cost)}\n\nPlots: ${plots.join(', ')}\n`)
  console.log(JSON.stringify(factsOf(scenario, tally, cost)))
  return tally.expired.dnsRight === 0 && refusalsOf(tally) === 0 ? 0 : 1
}

/** One line that is written over, where somebody watches; one line per ten days elsewhere. */
function progress(days: number, startedAt: number): (day: number) => void {
  let saidAt = startedAt
  return (day) => {
    const now = performance.now()
    const text = `day ${day} of ${days}, ${((now - startedAt) / SECOND).toFixed(0)} s`
    if (process.stderr.isTTY) {
      if (now - saidAt < SECOND && day < days) return
      saidAt = now
      process.stderr.write(`\r${text}${day === days ? '\n' : ''}`)
    } else if (day % 10 === 0 || day === days) {
      say(text)
    }
  }
}

function complain(message: string): number {
  say(message)
  return WRONG_ARGUMENTS
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
