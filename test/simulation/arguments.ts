import { parseArgs } from 'node:util'
import { type Limits, type Parsed, parseLimits, parsed, refused } from '@mooring/core'

export type Arguments =
  | { command: 'simulate'; domains: number; days: number; seed: number; limits: Limits; out: string; json: boolean }
  | { command: 'how-long'; names: number; limits: Limits; json: boolean }

/** What a year with many names is simulated with, unless somebody says otherwise. */
const STATED_OVERRIDE = 'new_orders=20000/3h'

const OPTIONS = {
  domains: { type: 'string' },
  days: { type: 'string' },
  seed: { type: 'string' },
  limit: { type: 'string', multiple: true },
  out: { type: 'string' },
  json: { type: 'boolean' },
  'how-long': { type: 'string' },
} as const

/** Reads the command line. What is wrong with it is said in one line. */
export function parseArguments(args: string[]): Parsed<Arguments> {
  try {
    const { values } = parseArgs({ args, options: OPTIONS, strict: true, allowPositionals: false })
    return valuesOf(values)
  } catch (error) {
    return wrong(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error))
  }
}

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']

function valuesOf(values: Values): Parsed<Arguments> {
  const { limit, out = '.mooring/simulation', json = false } = values
  const isSimulation = values['how-long'] === undefined
  const misplaced = (['domains', 'days', 'seed', 'out'] as const).find((name) => values[name] !== undefined)
  if (!isSimulation && misplaced !== undefined) return wrong(`--${misplaced} does not go with --how-long.`)

  const limits = parseLimits(limit?.join(',') ?? (isSimulation ? STATED_OVERRIDE : 'new_orders=300/3h'))
  if (!limits.ok) return limits
  if (!isSimulation) {
    const names = wholeNumber('how-long', values['how-long'] ?? '', [1, 1_000_000_000])
    return names.ok ? parsed({ command: 'how-long', names: names.value, limits: limits.value, json }) : names
  }
  const domains = wholeNumber('domains', values.domains ?? '100000', [1, 5_000_000])
  if (!domains.ok) return domains
  // A month, because all that happens needs room: the outage alone takes three days.
  const days = wholeNumber('days', values.days ?? '365', [30, 3650])
  if (!days.ok) return days
  const seed = wholeNumber('seed', values.seed ?? '1', [0, 4_294_967_295])
  if (!seed.ok) return seed
  return parsed({
    command: 'simulate',
    domains: domains.value,
    days: days.value,
    seed: seed.value,
    limits: limits.value,
    out,
    json,
  })
}

function wholeNumber(name: string, text: string, [least, most]: [number, number]): Parsed<number> {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return parsed(value)
  return wrong(`--${name} must be a whole number from ${least} to ${most}; it is "${text.slice(0, 50)}".`)
}

const wrong = (message: string): Parsed<never> => refused('ARGUMENT_INVALID', message)
