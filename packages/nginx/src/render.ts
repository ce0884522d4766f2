import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import Handlebars from 'handlebars'
import { NginxText } from './nginx-quoting.ts'

/** What a template may see: texts made by `nginx-quoting.ts`, and structure. Never a string. */
export interface Model {
  readonly [key: string]: NginxText | boolean | null | readonly NginxText[] | Model | readonly Model[]
}

const PARTIALS = ['default-server', 'acme-location', 'health-location', 'upstream', 'action'] as const
const PAGES = ['nginx.conf', 'vhost-http', 'vhost-https'] as const

const source = (name: string): string => readFileSync(new URL(`../templates/${name}.hbs`, import.meta.url), 'utf8')
const sources = new Map([...PARTIALS, ...PAGES].map((name) => [name, source(name)]))

/** Changes whenever a template does, so that files are rendered anew after an upgrade. */
export const templatesVersion = createHash('sha256')
  .update([...sources.values()].join('\0'))
  .digest('hex')

// Compiled once, from strings: compiling objects has let input become code.
const handlebars = Handlebars.create()
for (const name of PARTIALS) handlebars.registerPartial(name, compile(name))
const pages = new Map(PAGES.map((name) => [name, compile(name)]))

function compile(name: (typeof PARTIALS | typeof PAGES)[number]): Handlebars.TemplateDelegate {
  const text = sources.get(name)
  if (text === undefined) throw new Error(`There is no template ${name}.`)
  return handlebars.compile(text, { strict: true, knownHelpersOnly: true })
}

export function render(page: (typeof PAGES)[number], model: Model): string {
  requireQuoted(model, page)
  const template = pages.get(page)
  if (template === undefined) throw new Error(`There is no template ${page}.`)
  return template(model)
}

/** The types say it already; this holds when somebody's cast says otherwise. */
function requireQuoted(value: unknown, path: string): void {
  if (value === null || typeof value === 'boolean' || value instanceof NginxText) return
  if (typeof value !== 'object') throw new TypeError(`${path} reached a template without being quoted.`)
  for (const [key, item] of Object.entries(value)) requireQuoted(item, `${path}.${key}`)
}
