import { text } from 'node:stream/consumers'
import { ROLES } from '@mooring/core'
import { z } from 'zod'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { piece } from '../render/page.ts'
import { agoOf } from '../render/span.ts'
import { at, callCommand, nothing, said } from './call-command.ts'
import { type ChangeOptions, group } from './command.ts'
import { listCommand } from './list-command.ts'
import { option } from './option.ts'

const userSchema = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  role: z.string(),
  disabled_at: z.string().nullable(),
  last_seen_at: z.string().nullable(),
})

type AddOptions = ChangeOptions & { name: string; role: string }
const known: [string, string][] = [['<id>', 'of the user']]
const role = () => option('--role <role>', 'what they may do', 'viewer').choices(ROLES)

/** `moor users …`: people who sign in to the dashboard with a password. */
export const usersCommand = group('users', 'See, add and change the people who sign in.', [
  listCommand({
    description: 'list users',
    path: () => '/v1/users',
    row: userSchema,
    columns: (now) => [
      { title: 'Email', show: ({ email }) => email },
      { title: 'Name', show: ({ name }) => name },
      { title: 'Role', show: ({ role: may }) => may },
      { title: 'Seen', show: ({ last_seen_at: seenAt }) => agoOf(seenAt, now) },
      {
        title: 'Is',
        show: ({ disabled_at: end }) => (end === null ? piece('good', 'good') : piece('disabled', 'bad')),
      },
      { title: 'Id', show: ({ id }) => piece(id, 'faint') },
    ],
    none: 'There is no user.',
  }),
  callCommand<z.output<typeof userSchema>, AddOptions>({
    name: 'add',
    description: 'add a user; the password is read from standard input',
    args: [['<email>', 'to sign in with']],
    options: [option('--name <name>', 'as others see it').makeOptionMandatory(), role()],
    after: `
For example, with a password from a password store:
  pass mooring/ann | moor users add ann@example.com --name Ann`,
    call: async ([email], { name, role: may }) => ({
      method: 'POST',
      path: '/v1/users',
      body: { email, name, role: may, password: await passwordFromInput() },
    }),
    answer: userSchema,
    page: ({ email, id, role: may }) => said(`${email} may sign in as ${may} (${id}).`),
  }),
  ...([true, false] as const).map((disabled) =>
    callCommand({
      name: disabled ? 'disable' : 'enable',
      description: disabled ? 'end all sessions of a user, who cannot sign in' : 'let a user sign in again',
      args: known,
      call: ([id]) => ({ method: 'PATCH', path: at('/v1/users', id), body: { disabled } }),
      answer: userSchema,
      page: ({ email }) => said(`${email} ${disabled ? 'cannot' : 'may'} sign in.`),
    }),
  ),
  callCommand({
    name: 'role',
    description: 'change what a user may do',
    args: [...known, ['<role>', ROLES.join(', ')]],
    call: ([id, may]) => ({ method: 'PATCH', path: at('/v1/users', id), body: { role: may } }),
    answer: userSchema,
    page: ({ email, role: may }) => said(`${email} is ${may}.`),
  }),
  callCommand({
    name: 'remove',
    description: 'forget a user',
    args: known,
    call: ([id]) => ({ method: 'DELETE', path: at('/v1/users', id) }),
    answer: nothing,
    page: (_, [id]) => said(`${id} is forgotten.`),
  }),
])

/** Not an option: other users of the machine see what is on the command line. */
async function passwordFromInput(): Promise<string> {
  if (process.stdin.isTTY) throw new Failure(EXIT.usage, 'The password is read from standard input: send it there.')
  return (await text(process.stdin)).replace(/\r?\n$/, '')
}
