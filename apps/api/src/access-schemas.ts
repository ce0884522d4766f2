import { type ApiKey, passwordFault, type Principal, ROLES, tenantSchema, type User } from '@mooring/core'
import { z } from 'zod'
import { inSnakeCase } from './in-snake-case.ts'
import { problemSchema } from './schemas.ts'

const time = z.string().meta({ format: 'date-time' })
const roleSchema = z.enum(ROLES)
const name = z
  .string()
  .min(1)
  .max(100)
  .regex(/^\P{Cc}*$/u, 'Controls are not allowed.')
const email = z.email().max(254)
const password = z.string().superRefine((value, context) => {
  const fault = passwordFault(value)
  if (fault !== null) context.addIssue({ code: 'custom', message: fault, params: { code: 'PASSWORD_UNFIT' } })
})

const signInSchema = z
  .object({
    password: z.boolean().describe('Whether there are local users, who sign in with a password.'),
    oidc: z
      .string()
      .nullable()
      .describe('Where a browser goes to sign in with the identity provider; null without one.'),
  })
  .meta({ id: 'SignIn' })

export const sessionSchema = z
  .object({
    principal: z.object({
      kind: z.enum(['key', 'user']),
      id: z.string(),
      name: z.string(),
      role: roleSchema,
      tenant: z.string().nullable().describe('Whose domains are seen; null sees all.'),
    }),
    sign_in: signInSchema,
    trace_url: z
      .string()
      .optional()
      .describe(
        'Where a trace is looked at, with `{trace_id}` in it. For the platform’s own people, where there is one.',
      ),
  })
  .meta({ id: 'Session' })

export const signedOutSchema = problemSchema.extend({ sign_in: signInSchema }).meta({ id: 'SignedOut' })

export const newSessionSchema = z
  .strictObject({
    email: z
      .string()
      .min(1)
      .max(254)
      .regex(/^\P{Cc}*$/u, 'Controls are not allowed.')
      .optional(),
    password: z.string().min(1).max(1024).optional(),
    key: z.string().min(1).max(1024).optional().describe('An API key, in place of address and password.'),
  })
  .superRefine((given, context) => {
    const missing = (['email', 'password'] as const).filter((field) => given[field] === undefined)
    if (given.key === undefined) {
      for (const field of missing) {
        context.addIssue({
          code: 'custom',
          path: [field],
          message: 'This field is needed.',
          params: { code: 'REQUIRED' },
        })
      }
    } else if (missing.length < 2) {
      context.addIssue({
        code: 'custom',
        path: ['key'],
        message: 'A key comes alone.',
        params: { code: 'NOT_ALLOWED' },
      })
    }
  })
  .meta({ id: 'NewSession' })

export const apiKeySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    role: roleSchema,
    tenant: z.string().nullable(),
    created_at: time,
    created_by: z.string(),
    expires_at: time.nullable(),
    last_used_at: time.nullable().describe('To the minute.'),
    revoked_at: time.nullable(),
  })
  .meta({ id: 'ApiKey' })

export const madeApiKeySchema = apiKeySchema
  .extend({ key: z.string().describe('Shown this once.') })
  .meta({ id: 'MadeApiKey' })

export const newApiKeySchema = z
  .strictObject({
    name,
    role: roleSchema,
    tenant: tenantSchema.optional().describe('Whose domains it sees, and nothing of the platform’s; without it, all.'),
    expires_at: z.iso
      .datetime({ offset: true })
      .transform((text) => new Date(text))
      .optional(),
  })
  .meta({ id: 'NewApiKey' })

export const userSchema = z
  .object({
    id: z.string(),
    email: z.string(),
    name: z.string(),
    role: roleSchema,
    created_at: time,
    disabled_at: time.nullable(),
    last_seen_at: time.nullable().describe('To the minute.'),
  })
  .meta({ id: 'User' })

export const newUserSchema = z.strictObject({ email, name, role: roleSchema, password }).meta({ id: 'NewUser' })

export const userChangeSchema = z
  .strictObject({
    name: name.optional(),
    role: roleSchema.optional(),
    password: password.optional().describe('Ends all sessions of the user.'),
    disabled: z.boolean().optional().describe('`true` ends all sessions of the user, who cannot sign in.'),
  })
  .meta({ id: 'UserChange' })

export const principalResource = ({ kind, id, name, role, tenant }: Principal) => ({ kind, id, name, role, tenant })

export const apiKeyResource = (key: ApiKey): z.output<typeof apiKeySchema> => inSnakeCase(key)

export const userResource = (user: User): z.output<typeof userSchema> => inSnakeCase(user)
