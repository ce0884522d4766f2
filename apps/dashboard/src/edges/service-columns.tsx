import { Link } from '@tanstack/react-router'
import type { Service } from '../api/services.ts'
import type { Column } from '../parts/table-column.ts'
import { When } from '../parts/when.tsx'
import { ServiceButtons } from './service-buttons.tsx'
import { reachOf } from './service-reach.ts'

// The order is in the address, under names that the edges' table beside it does not have.
const SERVICE_COLUMNS: Column<Service>[] = [
  {
    id: 'service',
    header: 'Service',
    order: ({ name }) => name,
    cell: ({ name }) => (
      <div className="name">
        <Link to="/domains" search={{ service: name }}>
          {name}
        </Link>
      </div>
    ),
  },
  {
    id: 'servers',
    header: 'Servers',
    cell: ({ scheme, servers, tls_name: tlsName }) => (
      <div>
        {servers.map((server) => (
          <code key={server} className="server">
            {server}
          </code>
        ))}
        <small className="under soft">
          over {scheme}
          {tlsName !== null && ` as ${tlsName}`}
        </small>
      </div>
    ),
  },
  {
    id: 'of-tenant',
    header: 'Tenant',
    order: ({ tenant }) => tenant ?? '',
    cell: ({ tenant }) => tenant ?? 'All',
  },
  {
    id: 'health',
    header: 'Health',
    cell: ({ health }) =>
      health === null ? (
        <span className="soft">–</span>
      ) : (
        <div className="service-fact">
          <code>{health.path}</code>
          <small className="under soft">every {health.interval_seconds} s</small>
        </div>
      ),
  },
  { id: 'reach', header: 'Edges', cell: ({ edges }) => <Reach edges={edges} /> },
  {
    id: 'changed',
    header: 'Changed',
    order: ({ updated_at: at }) => at,
    cell: ({ updated_at: at }) => <When at={at} />,
  },
]

const ACTIONS: Column<Service> = {
  id: 'service-actions',
  header: 'Actions',
  isHeaderHidden: true,
  cell: (service) => <ServiceButtons service={service} />,
}

const WITH_ACTIONS = [...SERVICE_COLUMNS, ACTIONS]

export const serviceColumns = (mayChange: boolean): Column<Service>[] => (mayChange ? WITH_ACTIONS : SERVICE_COLUMNS)

function Reach({ edges }: Pick<Service, 'edges'>) {
  const { text, isComplete } = reachOf(edges)
  return (
    <div className={isComplete ? 'service-fact' : 'service-fact warn-text'}>
      {text.charAt(0).toUpperCase() + text.slice(1)}
    </div>
  )
}
