import { z } from 'zod'

/** The environment does not make a configuration. `problems` has one line per variable; the message has them all. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((line) => `  ${line}`).join('\n')}`,
    )
    this.problems = problems
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads one app's configuration: the schema's keys are the variables' names. A variable set to the empty string counts
 * as not set, as docker compose passes an unset one. Throws `ConfigError` naming every problem, never a secret's value.
 */
export function readConfig<Schema extends z.ZodObject>(
  schema: Schema,
  env: Environment = process.env,
): z.output<Schema> {
  const given = Object.fromEntries(
    Object.keys(schema.shape)
      .filter((name) => env[name] !== undefined && env[name] !== '')
      .map((name) => [name, env[name]]),
  )
  const result = schema.safeParse(given)
  if (result.success) return result.data
  throw new ConfigError(result.error.issues.map((issue) => describeProblem(schema, given, issue)))
}

function describeProblem(schema: z.ZodObject, given: Record<string, unknown>, issue: z.core.$ZodIssue): string {
  const name = String(issue.path[0] ?? '')
  if (name === '') return issue.message
  if (given[name] === undefined && issue.code === 'invalid_type') return `${name}: is needed and not set`
  // A URL that does not parse may hold a password all the same: its text is not repeated either.
  const quotable = sensitivity(schema.shape[name]) === 'none'
  return `${name}: ${issue.message}${quotable ? ` (it is "${String(given[name])}")` : ''}`
}

/** The configuration as it may be logged: secrets become `[set]`, and URLs lose their user and password. */
export function describeConfig<Schema extends z.ZodObject>(
  schema: Schema,
  config: z.output<Schema>,
): Record<string, unknown> {
  const shown = (name: string, value: unknown) => {
    if (value === undefined) return undefined
    const kind = sensitivity(schema.shape[name])
    if (kind === 'value') return '[set]'
    return kind === 'credentials' && typeof value === 'string' ? withoutCredentials(value) : value
  }
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, shown(name, value)]))
}

function withoutCredentials(value: string): string {
  const url = new URL(value)
  url.username = ''
  url.password = ''
  return url.href
}

// `.optional()` and `.default()` wrap the schema that carries the mark, so it is looked for on the way in.
function sensitivity(schema: unknown): 'value' | 'credentials' | 'none' {
  for (let at = schema; at instanceof z.ZodType; at = (at.def as { innerType?: unknown }).innerType) {
    const mark = at.meta()?.['sensitive']
    if (mark === 'value' || mark === 'credentials') return mark
  }
  return 'none'
}
