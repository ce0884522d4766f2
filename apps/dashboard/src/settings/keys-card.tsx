import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { ApiKey } from '../api/access.ts'
import type { Page } from '../api/page.ts'
import { get, request, withQuery } from '../api/request.ts'
import { AsyncView } from '../parts/async-view.tsx'
import { Card } from '../parts/card.tsx'
import { useConfirm } from '../parts/confirm.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Empty } from '../parts/empty.tsx'
import type { Column } from '../parts/table-column.ts'
import { When } from '../parts/when.tsx'
import { NewKeyDialog } from './new-key-dialog.tsx'

const SHOWN = 200

export function KeysCard() {
  const [isOpen, dialog] = useDisclosure()
  const query = useQuery({
    queryKey: ['keys'],
    queryFn: ({ signal }) => get<Page<ApiKey>>(withQuery('/v1/keys', { limit: SHOWN }), signal),
  })
  return (
    <Card
      title="API keys"
      aside={
        <Button size="compact-xs" variant="default" onClick={dialog.open}>
          Make a key
        </Button>
      }
    >
      <AsyncView query={query}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title="No key yet">
              Only the one of <code>MOORING_API_KEY</code> is in use. Make one for each program.
            </Empty>
          ) : (
            <DataTable label="API keys" rows={data} columns={COLUMNS} idOf={({ id }) => id} />
          )
        }
      </AsyncView>
      <NewKeyDialog isOpen={isOpen} onClose={dialog.close} />
    </Card>
  )
}

const COLUMNS: Column<ApiKey>[] = [
  {
    id: 'name',
    header: 'Name',
    order: ({ name }) => name,
    cell: ({ name, id }) => (
      <div className="name">
        <strong>{name}</strong>
        <small>{id}</small>
      </div>
    ),
  },
  { id: 'role', header: 'Role', order: ({ role }) => role, cell: ({ role }) => role },
  { id: 'tenant', header: 'Tenant', order: ({ tenant }) => tenant ?? '', cell: ({ tenant }) => tenant ?? 'All' },
  {
    id: 'used',
    header: 'Last used',
    order: ({ last_used_at: at }) => at ?? '',
    cell: ({ last_used_at: at }) => <When at={at} none="Never" />,
  },
  {
    id: 'made',
    header: 'Made',
    order: ({ created_at: at }) => at,
    cell: ({ created_at: at, created_by: by }) => (
      <>
        <When at={at} /> <small className="under">by {by}</small>
      </>
    ),
  },
  {
    id: 'ends',
    header: 'Ends',
    order: ({ revoked_at: revoked, expires_at: end }) => revoked ?? end ?? '',
    cell: ({ revoked_at: revoked, expires_at: end }) =>
      revoked === null ? (
        <When at={end} none="Never" />
      ) : (
        <span className="bad-text">
          Revoked <When at={revoked} />
        </span>
      ),
  },
  { id: 'revoke', header: 'Actions', isHeaderHidden: true, cell: (key) => <RevokeButton apiKey={key} /> },
]

function RevokeButton({ apiKey: { id, name, revoked_at: revoked } }: { apiKey: ApiKey }) {
  const confirm = useConfirm()
  const client = useQueryClient()
  if (revoked !== null) return null
  const ask = () =>
    confirm({
      title: `Revoke ${name}?`,
      body: 'Whoever uses it is refused from the next request on. This cannot be taken back.',
      verb: 'Revoke',
      isGrave: true,
      async run(reason) {
        await request('DELETE', `/v1/keys/${encodeURIComponent(id)}`, { reason })
        await client.invalidateQueries({ queryKey: ['keys'] })
        return `${name} is good for nothing now.`
      },
    })
  return (
    <Button size="compact-xs" variant="default" aria-label={`Revoke ${name}`} onClick={ask}>
      Revoke
    </Button>
  )
}
