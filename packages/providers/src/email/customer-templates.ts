import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, CUSTOMER_TOPICS, type CustomerMessage } from '@mooring/core'
import Handlebars from 'handlebars'

const OURS = join(import.meta.dirname, 'templates')
const NAME = new RegExp(`^(?:${CUSTOMER_TOPICS.join('|')})(?:\\.[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?)?\\.hbs$`)
const LAYOUT = 'layout.html.hbs'

interface RenderedMail {
  subject: string
  text: string
  html: string
}

export interface CustomerTemplates {
  render(message: CustomerMessage): RenderedMail
}

/**
 * The mails to customers: one template per topic, whose first line is the subject and whose rest is plain text; the HTML
 * is made of that text, in `layout.html.hbs`. A folder of the operator's replaces them one by one (`rotation.hbs`) and adds
 * languages (`rotation.de.hbs`). Read and compiled once; throws `INVALID` for a template that does not compile.
 */
export function openCustomerTemplates(folder: string | null = null): CustomerTemplates {
  const templates = new Map([...compileFolder(OURS), ...(folder === null ? [] : compileFolder(folder))])
  return {
    render(message) {
      const { topic, locale } = message
      const names = [`${topic}.${locale}.hbs`, `${topic}.${locale.split('-')[0]}.hbs`, `${topic}.hbs`]
      const template = names.map((name) => templates.get(name)).find((known) => known !== undefined)
      const written = template?.(contextOf(message)) ?? ''
      const [subject = '', ...lines] = written.split('\n')
      const text = `${lines.join('\n').trim()}\n`
      const html = templates.get(LAYOUT)?.({ subject, body: asHtml(text) }) ?? asHtml(text)
      return { subject: subject.trim(), text, html }
    },
  }
}

function compileFolder(folder: string): [string, Handlebars.TemplateDelegate][] {
  return readdirSync(folder)
    .filter((name) => name === LAYOUT || NAME.test(name))
    .map((name) => {
      const source = readFileSync(join(folder, name), 'utf8')
      try {
        // Parsed here and now, so that a mistake ends the start and not the first mail. A string, never an object, which
        // Handlebars would take for a parsed template.
        Handlebars.parse(source)
      } catch (cause) {
        throw new AppError('INVALID', `The mail template ${name} is not valid Handlebars.`, { cause })
      }
      // Plain text is not HTML; the layout gets what is escaped already.
      return [name, Handlebars.create().compile(source, { noEscape: true, knownHelpersOnly: true })]
    })
}

/** All that a template sees. */
function contextOf({ tenant, domains, unsubscribeUrl }: CustomerMessage) {
  const [first] = domains
  return {
    tenant,
    domains,
    count: domains.length,
    isOne: domains.length === 1,
    hostname: first?.hostname ?? '',
    names: domains.length === 1 ? (first?.hostname ?? '') : `${domains.length} domains`,
    unsubscribeUrl,
  }
}

/** Paragraphs and line breaks of plain text; addresses of the web become links. */
function asHtml(text: string): string {
  const escaped = Handlebars.escapeExpression(text.trim())
  const linked = escaped.replaceAll(/https:\/\/[^\s<&]+/g, (url) => `<a href="${url}">${url}</a>`)
  return linked
    .split(/\n{2,}/)
    .map((paragraph) => `<p>${paragraph.replaceAll('\n', '<br>\n')}</p>`)
    .join('\n')
}
