import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { z } from 'zod'
import { configSchema as api } from '../../apps/api/src/config.ts'
import { configSchema as edgeAgent } from '../../apps/edge-agent/src/config.ts'
import { configSchema as scheduler } from '../../apps/scheduler/src/config.ts'
import { configSchema as worker } from '../../apps/worker/src/config.ts'
import { code, generatedFrom, table } from './markdown.ts'

const ROOT = join(import.meta.dirname, '../..')

const ROLES: Record<string, z.ZodObject> = { api, worker, scheduler, 'edge-agent': edgeAgent }

/** What several roles read, out of their own files. */
const SHARED = 'Several roles'

/** Where settings are declared, each with its comment, and what they have in common. Of two comments the first counts. */
const SOURCES: [file: string, section: string][] = [
  ['packages/runtime/src/authority-settings.ts', 'Certificate authorities'],
  ['packages/runtime/src/dns-settings.ts', 'DNS and probes'],
  ['apps/worker/src/lifecycle-settings.ts', 'The life of a domain'],
  ['apps/api/src/access-settings.ts', 'Who may sign in'],
  ['apps/scheduler/src/notice-settings.ts', 'Notices'],
  ['apps/scheduler/src/customer-mail-settings.ts', 'Mails to customers'],
  ['packages/runtime/src/webhook-settings.ts', 'Webhooks'],
  ['packages/runtime/src/metrics/metrics-settings.ts', 'Metrics and traces'],
  ['packages/runtime/src/tracing/tracing-settings.ts', 'Metrics and traces'],
  ['apps/api/src/config.ts', 'API'],
  ['apps/worker/src/config.ts', 'Worker'],
  ['apps/scheduler/src/config.ts', 'Scheduler'],
  ['apps/edge-agent/src/config.ts', 'Edge agent'],
]

export interface Setting {
  name: string
  section: string
  roles: string[]
  byDefault: string
  /** Null where its declaration has no comment. */
  means: string | null
}

/** Every variable that a role reads, with the comment above its declaration. */
export function settings(): Setting[] {
  const comments = commentsIn(SOURCES)
  const names = [...new Set(Object.values(ROLES).flatMap(({ shape }) => Object.keys(shape)))]
  return names.toSorted().map((name) => {
    const readers = Object.entries(ROLES).filter(([, { shape }]) => name in shape)
    const roles = readers.map(([role]) => role)
    const { section = '', means = null } = comments.get(name) ?? {}
    const isOfOneRole = Object.keys(ROLES).some((role) => role === section.toLowerCase().replace(' ', '-'))
    return {
      name,
      section: isOfOneRole && roles.length > 1 ? SHARED : section,
      roles,
      byDefault: defaultsOf(readers.map(([role, { shape }]) => [role, defaultOf(name, shape[name] as z.ZodType)])),
      means,
    }
  })
}

/** The comments of declarations such as `MOORING_SLOTS: settings.count(1)`. */
function commentsIn(sources: [file: string, section: string][]): Map<string, { section: string; means: string }> {
  const comments = new Map<string, { section: string; means: string }>()
  for (const [file, section] of sources) {
    const source = readFileSync(join(ROOT, file), 'utf8')
    for (const [, comment = '', name = ''] of source.matchAll(COMMENT)) {
      const means = comment.replaceAll(/\s*\n\s*\* ?/g, ' ').trim()
      if (!comments.has(name)) comments.set(name, { section, means })
    }
  }
  return comments
}

const COMMENT = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*([A-Z][A-Z0-9_]+):/g

/** One where all roles agree; else each with the roles that have it. */
function defaultsOf(ofRoles: [role: string, byDefault: string][]): string {
  const byDefaults = Map.groupBy(ofRoles, ([, byDefault]) => byDefault)
  if (byDefaults.size === 1) return [...byDefaults.keys()].join('')
  return [...byDefaults].map(([byDefault, all]) => `${byDefault} (${all.map(([role]) => role).join(', ')})`).join('; ')
}

const NEEDED = '**needed**'

const UNITS: [ending: RegExp, unit: string, ms: number][] = [
  [/_SECONDS$/, 's', 1000],
  [/_DAYS$/, 'd', 86_400_000],
]

/** As it would stand in the environment. */
function defaultOf(name: string, schema: z.ZodType): string {
  const given = schema.safeParse(undefined)
  if (!given.success) return NEEDED
  const value: unknown = given.data
  const [, unit, ms] = UNITS.find(([ending]) => ending.test(name)) ?? []
  if (Array.isArray(value)) return value.length === 0 ? 'none' : code(value.join(','))
  if (typeof value === 'number') return code(String(value / (ms ?? 1))) + (unit === undefined ? '' : ` ${unit}`)
  if (typeof value === 'boolean') return code(value ? '1' : '0')
  if (typeof value !== 'string') return 'none'
  return code(value.replaceAll(hostname(), '<host>').replaceAll(String(process.pid), '<pid>'))
}

export function settingsPage(): string {
  const all = settings()
  const sections = [SHARED, ...new Set(SOURCES.map(([, section]) => section))].map((section) => {
    const rows = all
      .filter((setting) => setting.section === section)
      .map(({ name, roles, byDefault, means }) => [code(name), roles.join(', '), byDefault, means ?? ''])
    return `## ${section}\n\n${table(['variable', 'read by', 'default', 'means'], rows)}`
  })
  return `${generatedFrom('the schemas in apps/*/src/config.ts')}

# Settings

Every role reads its environment once, at its start, and prints every problem with it at once. A variable that is set to
nothing counts as not set. Units are in the names; fractions of seconds and days are allowed. \`npm start\` needs none of
these and takes most of them.

${sections.join('\n\n')}
`
}
