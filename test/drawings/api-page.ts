import { type Schema, meansOf, shape, shapesOf, typeOf } from './api-shapes.ts'
import { anchor, code, generatedFrom, table } from './markdown.ts'

/** As much of OpenAPI 3.1 as our own document uses. */
export interface OpenApi {
  tags: { name: string; description?: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

interface Operation {
  tags?: string[]
  summary?: string
  description?: string
  parameters?: Parameter[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, { description?: string; content?: Record<string, { schema: Schema }> }>
  'x-role'?: string
  'x-tenant-keys'?: boolean
}

interface Parameter {
  name: string
  in: string
  required?: boolean
  description?: string
  schema: Schema
}

interface Call {
  path: string
  method: string
  operation: Operation
}

/** A list of all calls, then each by its tag, then every shape by its name. */
export function apiPage(document: OpenApi): string {
  const sections = document.tags.map(({ name, description = '' }) => ({
    title: capital(name),
    description,
    calls: callsOf(document, name),
  }))
  const bodies = sections.map(
    ({ title, description, calls }) => `## ${title}\n\n${description}\n\n${calls.map(call).join('\n\n')}`,
  )
  return `${generatedFrom('the schemas of the routes in apps/api/src')}

# HTTP API

JSON in \`snake_case\`; times are RFC 3339 in UTC. Every API shows the same at \`/docs\`, and as OpenAPI
3.1 at \`/openapi.json\`.

- **Who asks**: \`Authorization: Bearer <key>\`, or Basic with the key as the password. Each call names the least role that it
  needs: viewer, operator, admin. Calls that are _for tenants, too_ take a tenant's key, which reaches that tenant alone.
- **Lists**: \`limit\` and \`cursor\` go in, \`data\` and \`next_cursor\` come out; the last page has null there.
- **Once only**: a POST with an \`Idempotency-Key\` is done once; for 24 hours the same body gets the same answer.
- **Nobody overwritten**: a domain's \`ETag\` goes into \`If-Match\`; if it was changed meanwhile the answer is 412.
- **Why**: \`X-Reason\` on a change stands in the audit.
- **Errors** are problem documents (RFC 9457) with all errors of a request at once; their codes are in [codes.md](codes.md#problems).
  Every call may answer 500 and 503, and with a key 401, 403 and 429 (see \`Retry-After\`): these are not repeated below.

${sections.map(({ title, calls }) => `**[${title}](#${anchor(title)})**\n\n${contents(calls)}`).join('\n\n')}

${bodies.join('\n\n')}

## Shapes

${shapesOf(document.paths, document.components.schemas).map(shape).join('\n\n')}
`
}

const capital = (text: string): string => (text.charAt(0).toUpperCase() + text.slice(1)).replace(/^Dns/, 'DNS')

const callsOf = ({ paths }: OpenApi, tag: string): Call[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { tags = [] }]) => tags.includes(tag))
      .map(([method, operation]) => ({ path, method, operation })),
  )

const headingOf = ({ path, method }: Call): string => `${method.toUpperCase()} ${path}`

const contents = (calls: Call[]): string =>
  table(
    ['call', 'does'],
    calls.map((one) => [`[${code(headingOf(one))}](#${anchor(headingOf(one))})`, one.operation.summary ?? '']),
  )

function call(one: Call): string {
  const { summary = '', description = '', parameters = [], requestBody } = one.operation
  const body = Object.values(requestBody?.content ?? {})[0]?.schema
  return [
    `### ${code(headingOf(one))}`,
    [summary, description].filter((text) => text !== '').join('. '),
    whoMayAsk(one.operation),
    parameters.length === 0 ? '' : parametersTable(parameters),
    body === undefined ? '' : `Body: ${typeOf(body)}`,
    answers(one.operation),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function whoMayAsk({ 'x-role': role, 'x-tenant-keys': forTenants }: Operation): string {
  if (role === undefined) return ''
  return `Needs the role ${role}${forTenants === true ? '; for tenants, too' : ''}.`
}

/** Those of the path first: it names them in that order. */
const parametersTable = (parameters: Parameter[]): string =>
  table(
    ['parameter', 'in', 'type', 'means'],
    parameters
      .toSorted((a, b) => Number(b.in === 'path') - Number(a.in === 'path'))
      .map(({ name, in: place, required = false, description, schema }) => [
        code(name),
        place,
        `${typeOf(schema)}${required ? '' : ', optional'}`,
        meansOf({ ...schema, description: description ?? schema.description ?? '' }),
      ]),
  )

/** Said once, above all calls. */
const ANY_CALL = new Set(['401', '403', '429', '500', '503'])

function answers({ responses, 'x-role': role }: Operation): string {
  const told = Object.entries(responses).filter(([status]) => role === undefined || !ANY_CALL.has(status))
  const each = told.map(([status, { content = {} }]) => {
    const schema = Object.values(content)[0]?.schema
    return schema === undefined || Number(status) >= 400 ? code(status) : `${code(status)} ${typeOf(schema)}`
  })
  return `Answers: ${each.join(', ')}`
}
