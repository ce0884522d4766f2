import { useQuery } from '@tanstack/react-query'
import type { Bucket, Limits } from '../api/fleet.ts'
import { get } from '../api/request.ts'
import { LIVE } from '../live/refresh-queries.ts'
import { AsyncView } from '../parts/async-view.tsx'
import { Card } from '../parts/card.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Empty } from '../parts/empty.tsx'
import type { Column } from '../parts/table-column.ts'
import { When } from '../parts/when.tsx'
import { count, words } from '../parts/words.ts'

/** Each authority with its accounts, and every bucket that is in use with its forecast. */
export function AuthorityLimits() {
  const query = useQuery({
    queryKey: ['limits'],
    queryFn: ({ signal }) => get<Limits>('/v1/limits', signal),
    meta: LIVE.counts,
  })
  return (
    <AsyncView query={query}>
      {({ authorities }) =>
        authorities.length === 0 ? (
          <Card title="Limits">
            <Empty title="No authority with limits">The local authority issues without any.</Empty>
          </Card>
        ) : (
          authorities.map((authority) => <Authority key={authority.name} authority={authority} />)
        )
      }
    </AsyncView>
  )
}

function Authority({ authority }: { authority: Limits['authorities'][number] }) {
  const { name, launches, goes_at: goesAt, accounts, buckets } = authority
  const said = launches === null ? 'as many launches as there are' : `${count(launches)} launches can go within a day`
  return (
    <Card title={name} aside={<span className="soft">{said}</span>}>
      <dl className="facts-list">
        {accounts.map((account) => (
          <div key={account.name}>
            <dt>{account.name}</dt>
            <dd>
              {account.left === null ? 'no limit on orders' : `${count(account.left)} orders left now`}
              {account.goes_at !== null && account.left === 0 && (
                <>
                  , the next <When at={account.goes_at} />
                </>
              )}
            </dd>
          </div>
        ))}
        {goesAt === null && launches === 0 && <p className="bad-text">Nothing goes until somebody acts.</p>}
      </dl>
      {buckets.length === 0 ? (
        <Empty title="No limit is touched">No order of the last days counts any more.</Empty>
      ) : (
        <DataTable
          label={`Limits of ${name}`}
          rows={buckets}
          columns={COLUMNS}
          idOf={({ bucket, key }) => `${bucket} ${key}`}
        />
      )}
    </Card>
  )
}

const orders = (number: number | null) => (number === null ? 'no limit' : count(number))

const COLUMNS: Column<Bucket>[] = [
  {
    id: 'bucket',
    header: 'Bucket',
    order: ({ bucket, key }) => `${bucket} ${key}`,
    cell: ({ bucket, key }) => (
      <div className="name">
        <span>{words(bucket)}</span>
        <small>{key}</small>
      </div>
    ),
  },
  {
    id: 'used',
    header: 'Used',
    isNumber: true,
    order: ({ used, limit }) => (limit === null ? 0 : used / limit.burst),
    cell: ({ used, reserved, limit }) => (
      <>
        {limit === null ? '–' : `${count(used)} / ${count(limit.burst)}`}
        {reserved > 0 && <small className="under">{count(reserved)} under way</small>}
      </>
    ),
  },
  {
    id: 'launches',
    header: 'Launches left',
    isNumber: true,
    order: ({ left }) => left.launches ?? Number.MAX_SAFE_INTEGER,
    cell: ({ left }) => orders(left.launches),
  },
  {
    id: 'renewals',
    header: 'Renewals left',
    isNumber: true,
    order: ({ left }) => left.renewals ?? Number.MAX_SAFE_INTEGER,
    cell: ({ left }) => orders(left.renewals),
  },
  {
    id: 'forecast',
    header: 'Within a day',
    isNumber: true,
    cell: ({ launches }) => orders(launches.orders),
  },
  {
    id: 'goes',
    header: 'Next launch',
    cell: ({ launches, blocked_until: until, unpause_url: url }) => {
      if (url !== null) {
        return (
          <a href={url} rel="noreferrer" target="_blank">
            Unpause at the authority
          </a>
        )
      }
      return until === null ? <When at={launches.goes_at} none="When somebody acts" past="now" /> : <When at={until} />
    },
  },
]
