import { z } from 'zod'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { type WantedService, serviceNameSchema, wantedServiceSchema } from './wanted-service.ts'

/** All that is wanted. */
export interface Wanted {
  services: WantedService[]
  domains: Desired[]
}

/** A domain as a file wants it: what `POST /v1/domains` takes. What is inside, the server judges. */
export interface Desired {
  /** Where it stands, such as `domains[3]`, for complaints. */
  place: string
  body: Registration
}

const registrationSchema = z.strictObject({
  hostname: z.string().min(1),
  target: z.looseObject({ type: z.string(), url: z.string().optional(), service: z.string().optional() }),
  tenant: z.string().default('default'),
  verification: z.record(z.string(), z.unknown()).optional(),
  tls: z.record(z.string(), z.unknown()).optional(),
  edge_pool: z.string().optional(),
  vhost: z.string().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  priority: z.string().optional(),
})

export type Registration = z.output<typeof registrationSchema>

const fileSchema = z.strictObject({
  $schema: z.string().optional(),
  services: z
    .record(z.string(), wantedServiceSchema)
    // Whatever else is wrong with them.
    .superRefine(refuseNames, { when: ({ value }) => typeof value === 'object' && value !== null })
    .default({}),
  domains: z.array(registrationSchema),
})

/** Reads the text of a `mooring.json`. Throws `Failure` with everything that is wrong with its form. */
export function readDesired(text: string, file: string): Wanted {
  const result = fileSchema.safeParse(parseJson(text, file))
  if (!result.success) {
    const complaints = result.error.issues.map(({ path, message }) => `  ${placeOf(path)}: ${message}`)
    throw new Failure(EXIT.usage, [`${file} is not right:`, ...complaints].join('\n'))
  }
  const { services, domains } = result.data
  return {
    services: Object.entries(services).map(([name, says]) => ({ place: `services.${name}`, name, says })),
    domains: withoutTwins(domains.map((body, at) => ({ place: `domains[${at}]`, body }))),
  }
}

function refuseNames(services: object, context: z.RefinementCtx): void {
  for (const name of Object.keys(services)) {
    for (const { message } of serviceNameSchema.safeParse(name).error?.issues ?? [])
      context.addIssue({ code: 'custom', path: [name], message })
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Failure(EXIT.usage, `${file} is no JSON: ${error instanceof Error ? error.message : ''}`)
  }
}

const placeOf = (path: PropertyKey[]): string =>
  path.map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at > 0 ? '.' : ''}${String(part)}`)).join('')

/** Two wishes for one domain would undo each other for ever. */
export function withoutTwins(desired: Desired[]): Desired[] {
  const first = new Map<string, string>()
  const twins = desired.flatMap(({ place, body }) => {
    const name = `${body.hostname.toLowerCase()} of ${body.tenant}`
    const before = first.get(name)
    if (before === undefined) first.set(name, place)
    return before === undefined ? [] : [`  ${place}: ${name} is at ${before} already.`]
  })
  if (twins.length === 0) return desired
  throw new Failure(EXIT.usage, ['A domain can be wanted once:', ...twins].join('\n'))
}
