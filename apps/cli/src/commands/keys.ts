import { ROLES } from '@mooring/core'
import { z } from 'zod'
import { copy, line, piece } from '../render/page.ts'
import { agoOf } from '../render/span.ts'
import { at, callCommand, nothing, said } from './call-command.ts'
import { type ChangeOptions, group } from './command.ts'
import { listCommand } from './list-command.ts'
import { option } from './option.ts'

const keySchema = z.object({
  id: z.string(),
  name: z.string(),
  role: z.string(),
  tenant: z.string().nullable(),
  last_used_at: z.string().nullable(),
  expires_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
})

type CreateOptions = ChangeOptions & { role: string; tenant?: string; expires?: string }

/** `moor keys …`: for callers that are programs. */
export const keysCommand = group('keys', 'Make, see and revoke API keys.', [
  listCommand({
    description: 'list keys, newest first, revoked ones too',
    path: () => '/v1/keys',
    row: keySchema,
    columns: (now) => [
      { title: 'Name', show: ({ name }) => name },
      { title: 'Role', show: ({ role }) => role },
      { title: 'Tenant', show: ({ tenant }) => tenant ?? '-' },
      { title: 'Used', show: ({ last_used_at: usedAt }) => agoOf(usedAt, now) },
      { title: 'Is', show: (key) => standing(key, now) },
      { title: 'Id', show: ({ id }) => piece(id, 'faint') },
    ],
    none: 'There is no key but the one in MOORING_API_KEY.',
  }),
  callCommand<{ id: string; name: string; key: string }, CreateOptions>({
    name: 'create',
    description: 'make a key, which is shown once',
    args: [['<name>', 'for people, such as shop-backend']],
    options: [
      option('--role <role>', 'what it may do', 'operator').choices(ROLES),
      option('--tenant <tenant>', 'whose domains it sees; without it, all'),
      option('--expires <time>', 'such as 2027-01-31T00:00:00Z'),
    ],
    call: ([name], { role, tenant, expires }) => ({
      method: 'POST',
      path: '/v1/keys',
      body: { name, role, tenant, expires_at: expires },
    }),
    answer: z.object({ id: z.string(), name: z.string(), key: z.string() }),
    page: ({ id, name, key }) => [
      line([piece(name, 'strong'), piece(` is made (${id}). Its key is shown this once:`)]),
      copy('Key', key, { indent: 2 }),
    ],
  }),
  callCommand({
    name: 'revoke',
    description: 'revoke a key: it is good for nothing at once',
    args: [['<id>', 'of the key']],
    call: ([id]) => ({ method: 'DELETE', path: at('/v1/keys', id) }),
    answer: nothing,
    page: (_, [id]) => said(`${id} is revoked.`),
  }),
])

function standing({ revoked_at: revokedAt, expires_at: expiresAt }: z.output<typeof keySchema>, now: Date) {
  if (revokedAt !== null) return piece('revoked', 'faint')
  return expiresAt !== null && Date.parse(expiresAt) <= now.getTime() ? piece('expired', 'bad') : piece('good', 'good')
}
