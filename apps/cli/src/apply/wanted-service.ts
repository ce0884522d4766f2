import { HEALTH_PATH, MOST_SERVERS, SERVICE_HOST, SERVICE_NAME, formatServiceServer } from '@mooring/core'
import { parseServiceServer, tenantSchema } from '@mooring/core'
import { z } from 'zod'

/** A service as a file wants it; what the file does not say stays as it is. */
export interface WantedService {
  /** Where it stands, such as `services.web`, for complaints. */
  place: string
  name: string
  says: WantedFields
}

// The server judges no service without making it: so that a plan says what is wrong, its rules are asked here as well.
export const wantedServiceSchema = z.strictObject({
  servers: z
    .array(serverField())
    .min(1)
    .max(MOST_SERVERS)
    .refine((servers) => new Set(servers).size === servers.length, 'A server is there twice.'),
  scheme: z.enum(['http', 'https']).optional(),
  tls_name: z.string().toLowerCase().regex(SERVICE_HOST, 'Expected a hostname.').nullable().optional(),
  health: z
    .strictObject({
      path: z.string().regex(HEALTH_PATH, 'Expected a path such as /healthz.'),
      interval_seconds: z.int().min(1).max(300).optional(),
    })
    .nullable()
    .optional(),
  tenant: tenantSchema.nullable().optional(),
})

export type WantedFields = z.output<typeof wantedServiceSchema>

export const serviceNameSchema = z.string().regex(SERVICE_NAME, 'Small letters, digits and hyphens, at most 63.')

function serverField() {
  return z.string().transform((text, context) => {
    const server = parseServiceServer(text)
    if (server.ok) return formatServiceServer(server.value)
    context.addIssue({ code: 'custom', input: text, message: server.message })
    return z.NEVER
  })
}
