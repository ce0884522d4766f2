/** As much of OpenAPI 3.1 as our own document uses. */
export interface OpenApi {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

interface Operation {
  summary?: string
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema: Schema }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, { content?: Record<string, { schema?: Schema }> }>
}

interface Schema {
  $ref?: string
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  items?: Schema
  prefixItems?: Schema[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
}

/** What agents, certificate authorities and supervisors call is no part of the client. */
const isForClients = (path: string): boolean => path.startsWith('/v1/') && !path.startsWith('/v1/edges/self/')

/** The source of `src/generated/api.ts`: a type for every schema with a name, and one entry for every call. */
export function generateApi({ paths, components }: OpenApi): string {
  const operations = Object.entries(paths)
    .filter(([path]) => isForClients(path))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => entry(`${method.toUpperCase()} ${path}`, operation)),
    )
  const source = operations.join('\n')
  const shapes = shapesUsedIn(source, components.schemas)
  return `// Generated from the schemas of the API's routes: npm run docs

${shapes.map(([name, schema]) => `export type ${name} = ${typeOf(schema)}`).join('\n\n')}

/** Every call: what goes into its address, its query and its body, and what it answers. */
export interface Operations {
${source}
}
`
}

/** Those that calls refer to, and those that these refer to, by name. */
function shapesUsedIn(source: string, schemas: Record<string, Schema>): [string, Schema][] {
  const used = new Set<string>()
  const open = [source]
  for (let text = open.pop(); text !== undefined; text = open.pop()) {
    for (const [name, schema] of Object.entries(schemas)) {
      if (used.has(name) || !new RegExp(`\\b${name}\\b`).test(text)) continue
      used.add(name)
      open.push(typeOf(schema))
    }
  }
  return Object.entries(schemas)
    .filter(([name]) => used.has(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
}

function entry(name: string, { summary, parameters = [], requestBody, responses }: Operation): string {
  const given = (place: string) => parameters.filter((parameter) => parameter.in === place)
  const body = requestBody === undefined ? [] : [`body: ${contentType(requestBody.content)}`]
  const answers = Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([, { content }]) => (content === undefined ? 'null' : contentType(content)))
  const fields = [
    ...field('path', given('path')),
    ...field('query', given('query')),
    ...body,
    `answer: ${[...new Set(answers)].join(' | ')}`,
  ]
  return `${comment(summary)}${JSON.stringify(name)}: { ${fields.join('; ')} }`
}

function field(place: string, parameters: NonNullable<Operation['parameters']>): string[] {
  if (parameters.length === 0) return []
  const members = parameters.map(({ name, required = false, description, schema }) =>
    member(name, { description, ...schema } as Schema, required),
  )
  const isNeeded = parameters.some(({ required }) => required)
  return [`${place}${isNeeded ? '' : '?'}: {\n${members.join('\n')}\n}${isNeeded ? '' : ' | undefined'}`]
}

/** JSON where there is a choice; a body of another kind travels as the text it is. */
function contentType(content: Record<string, { schema?: Schema }>): string {
  const json = Object.entries(content).find(([type]) => type === 'application/json')?.[1].schema
  return json === undefined ? 'string' : typeOf(json)
}

function typeOf(schema: Schema): string {
  // What refers to itself, as JSON within JSON does, gets no name that a client could know.
  if (schema.$ref !== undefined) return /^#\/components\/schemas\/(\w+)$/.exec(schema.$ref)?.[1] ?? 'unknown'
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (isFlag(schema)) return 'boolean'
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  const variants = schema.anyOf ?? schema.oneOf
  if (variants !== undefined) return variants.map((variant) => `(${typeOf(variant)})`).join(' | ')
  if (schema.allOf !== undefined) return schema.allOf.map((part) => `(${typeOf(part)})`).join(' & ')
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type })).join(' | ')
  switch (schema.type) {
    case 'object':
      return objectOf(schema)
    case 'array':
      return schema.prefixItems === undefined
        ? `(${typeOf(schema.items ?? {})})[]`
        : `[${schema.prefixItems.map(typeOf).join(', ')}]`
    case 'integer':
      return 'number'
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return schema.type
    case undefined:
    default:
      return 'unknown'
  }
}

/** A query holds text only: what is on or off is written out on its way. */
const isFlag = ({ enum: values = [] }: Schema): boolean =>
  values.length === 2 && values.includes('true') && values.includes('false')

function objectOf({ properties, required = [], additionalProperties }: Schema): string {
  const others = typeof additionalProperties === 'object' ? typeOf(additionalProperties) : 'unknown'
  // Not `Record`, in which a type may not speak of itself.
  if (properties === undefined) return `{ [name: string]: ${others} }`
  const members = Object.entries(properties).map(([name, schema]) => member(name, schema, required.includes(name)))
  return `{\n${members.join('\n')}\n}`
}

/** `undefined` may be given for what may be left out, as values that come from elsewhere are. */
function member(name: string, schema: Schema, isNeeded: boolean): string {
  const type = isNeeded ? typeOf(schema) : `${typeOf(schema)} | undefined`
  return `${comment(schema.description)}${JSON.stringify(name)}${isNeeded ? '' : '?'}: ${type}`
}

/** The first line says it; the tables that follow in some descriptions are in docs/reference. */
function comment(text: string | undefined): string {
  const [line = ''] = (text ?? '').split('\n')
  return line === '' || line.startsWith('- ') ? '' : `/** ${line.replaceAll('*/', '*\\/')} */\n`
}
