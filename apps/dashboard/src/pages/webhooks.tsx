import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Page } from '../api/page.ts'
import { get } from '../api/request.ts'
import { useMay } from '../api/session.ts'
import type { Webhook } from '../api/webhook.ts'
import { AsyncView } from '../parts/async-view.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Empty } from '../parts/empty.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import type { Column } from '../parts/table-column.ts'
import { When } from '../parts/when.tsx'
import { NewWebhookDialog } from '../webhooks/new-webhook-dialog.tsx'

/** Addresses of the platform that are told of events. */
export function WebhooksPage() {
  const [isOpen, dialog] = useDisclosure()
  const mayAdd = useMay('admin')
  const query = useQuery({
    queryKey: ['webhooks'],
    queryFn: ({ signal }) => get<Page<Webhook>>('/v1/webhooks', signal),
  })
  return (
    <>
      <PageHead title="Webhooks" hint="Signed as Standard Webhooks; in order for each domain.">
        {mayAdd && (
          <Button size="xs" onClick={dialog.open}>
            Add a webhook
          </Button>
        )}
      </PageHead>
      <AsyncView query={query}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title="No webhook yet">Add one, and the platform never has to ask what happened.</Empty>
          ) : (
            <DataTable label="Webhooks" rows={data} columns={COLUMNS} idOf={({ id }) => id} />
          )
        }
      </AsyncView>
      <NewWebhookDialog isOpen={isOpen} onClose={dialog.close} />
    </>
  )
}

const COLUMNS: Column<Webhook>[] = [
  {
    id: 'url',
    header: 'Address',
    order: ({ url }) => url,
    cell: ({ id, url, description }) => (
      <div className="name">
        <Link to="/webhooks/$id" params={{ id }}>
          {url}
        </Link>
        <small>{description}</small>
      </div>
    ),
  },
  {
    id: 'state',
    header: 'State',
    order: ({ disabled_at: at }) => at ?? '',
    cell: ({ disabled_at: at, disabled_because: because }) =>
      at === null ? (
        <StateBadge state="live" />
      ) : (
        <>
          <StateBadge state="failed" />
          <small className="under">{because === 'gone' ? 'It answered 410 Gone' : 'Disabled'}</small>
        </>
      ),
  },
  {
    id: 'types',
    header: 'Events',
    cell: ({ types }) =>
      types === null
        ? 'All'
        : types.map((type) => (
            <code key={type} className="block">
              {type}
            </code>
          )),
  },
  { id: 'tenant', header: 'Tenant', order: ({ tenant }) => tenant ?? '', cell: ({ tenant }) => tenant ?? 'All' },
  {
    id: 'created',
    header: 'Added',
    order: ({ created_at: at }) => at,
    cell: ({ created_at: at }) => <When at={at} />,
  },
]
