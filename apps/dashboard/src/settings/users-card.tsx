import { Button, Menu } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { ROLES, type User } from '../api/access.ts'
import type { Page } from '../api/page.ts'
import { get, request, withQuery } from '../api/request.ts'
import { AsyncView } from '../parts/async-view.tsx'
import { Card } from '../parts/card.tsx'
import { useConfirm } from '../parts/confirm.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Empty } from '../parts/empty.tsx'
import type { Column } from '../parts/table-column.ts'
import { When } from '../parts/when.tsx'
import { NewUserDialog } from './new-user-dialog.tsx'

const SHOWN = 200

export function UsersCard() {
  const [isOpen, dialog] = useDisclosure()
  const query = useQuery({
    queryKey: ['users'],
    queryFn: ({ signal }) => get<Page<User>>(withQuery('/v1/users', { limit: SHOWN }), signal),
  })
  return (
    <Card
      title="Users"
      aside={
        <Button size="compact-xs" variant="default" onClick={dialog.open}>
          Add a user
        </Button>
      }
    >
      <AsyncView query={query}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title="No user yet">Add yourself, so that the audit log says who did what.</Empty>
          ) : (
            <DataTable label="Users" rows={data} columns={COLUMNS} idOf={({ id }) => id} />
          )
        }
      </AsyncView>
      <NewUserDialog isOpen={isOpen} onClose={dialog.close} />
    </Card>
  )
}

const COLUMNS: Column<User>[] = [
  {
    id: 'email',
    header: 'User',
    order: ({ email }) => email,
    cell: ({ name, email }) => (
      <div className="name">
        <strong>{name}</strong>
        <small>{email}</small>
      </div>
    ),
  },
  { id: 'role', header: 'Role', order: ({ role }) => role, cell: ({ role }) => role },
  {
    id: 'seen',
    header: 'Last seen',
    order: ({ last_seen_at: at }) => at ?? '',
    cell: ({ last_seen_at: at, disabled_at: disabled }) =>
      disabled === null ? <When at={at} none="Never" /> : <span className="bad-text">Disabled</span>,
  },
  {
    id: 'added',
    header: 'Added',
    order: ({ created_at: at }) => at,
    cell: ({ created_at: at }) => <When at={at} />,
  },
  { id: 'actions', header: 'Actions', isHeaderHidden: true, cell: (user) => <UserMenu user={user} /> },
]

function UserMenu({ user: { id, name, role, disabled_at: disabled } }: { user: User }) {
  const confirm = useConfirm()
  const client = useQueryClient()
  const path = `/v1/users/${encodeURIComponent(id)}`

  const ask = (verb: string, body: string, run: (reason: string) => Promise<unknown>, isGrave = false) =>
    confirm({
      title: `${verb} ${name}?`,
      body,
      verb,
      isGrave,
      async run(reason) {
        await run(reason)
        await client.invalidateQueries({ queryKey: ['users'] })
        return `Done: ${name}`
      },
    })
  const change = (body: object) => (reason: string) => request('PATCH', path, { body, reason })

  return (
    <Menu>
      <Menu.Target>
        <Button size="compact-xs" variant="default" aria-label={`Actions for ${name}`}>
          Actions
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {ROLES.filter((one) => one !== role).map((one) => (
          <Menu.Item
            key={one}
            onClick={() => ask(`Make ${one}`, 'It counts from the next request on.', change({ role: one }))}
          >
            Make {one}
          </Menu.Item>
        ))}
        {disabled === null ? (
          <Menu.Item
            color="red"
            onClick={() => ask('Disable', 'All sessions end now.', change({ disabled: true }), true)}
          >
            Disable
          </Menu.Item>
        ) : (
          <Menu.Item onClick={() => ask('Enable', 'Sign-in works again.', change({ disabled: false }))}>
            Enable
          </Menu.Item>
        )}
        <Menu.Item
          color="red"
          onClick={() =>
            ask(
              'Delete',
              'The user is forgotten; the audit log stays.',
              (reason) => request('DELETE', path, { reason }),
              true,
            )
          }
        >
          Delete
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
