import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Diagnosis, DnsRecord, Domain } from '../api/domain.ts'
import { get } from '../api/request.ts'
import { Card } from '../parts/card.tsx'
import { CopyButton } from '../parts/copy-button.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Empty } from '../parts/empty.tsx'
import { ProblemCard } from '../parts/problem-card.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import type { Column } from '../parts/table-column.ts'
import { When } from '../parts/when.tsx'
import { DiagnosisView } from './diagnosis-view.tsx'

/** What has to stand in DNS beside what was found there, and a look right now. */
export function DnsCard({ domain: { id, dns, verification } }: { domain: Domain }) {
  const diagnosis = useQuery({
    queryKey: ['diagnosis', id],
    queryFn: ({ signal }) => get<Diagnosis>(`/v1/domains/${encodeURIComponent(id)}/diagnosis`, signal),
    enabled: false,
    gcTime: 0,
  })
  return (
    <Card
      title="DNS"
      className="wide"
      aside={
        <Button
          size="compact-xs"
          variant="default"
          loading={diagnosis.isFetching}
          onClick={() => void diagnosis.refetch()}
        >
          Diagnose
        </Button>
      }
    >
      {dns.records.length === 0 ? (
        <Empty title="No record is needed">
          {verification.http === null
            ? 'The name is proved by other means.'
            : `${verification.http.url} has to answer.`}
        </Empty>
      ) : (
        <DataTable
          label="DNS records"
          rows={dns.records}
          columns={COLUMNS}
          idOf={({ type, name, value }) => `${type} ${name} ${value}`}
        />
      )}
      {diagnosis.error !== null && <ProblemCard error={diagnosis.error} />}
      {diagnosis.data !== undefined && <DiagnosisView diagnosis={diagnosis.data} />}
    </Card>
  )
}

const COLUMNS: Column<DnsRecord>[] = [
  { id: 'status', header: 'Status', cell: ({ status }) => <StateBadge state={status} /> },
  {
    id: 'name',
    header: 'Record',
    cell: ({ type, name, purpose }) => (
      <div className="name">
        <span>
          <b>{type}</b> <code>{name}</code>
        </span>
        <small>{purpose}</small>
      </div>
    ),
  },
  {
    id: 'value',
    header: 'Required',
    cell: ({ value, type, accepted_until: until }) => (
      <>
        <code>{value}</code> <CopyButton text={value} label={`Copy the ${type} value`} />
        {until !== null && until !== undefined && (
          <small className="under">
            good <When at={until} />
          </small>
        )}
      </>
    ),
  },
  {
    id: 'observed',
    header: 'Found',
    cell: ({ observed, status, checked_at: at }) => (
      <>
        {observed.length > 0 ? (
          observed.map((value) => (
            <code key={value} className="block">
              {value}
            </code>
          ))
        ) : (
          <span className="soft">{status === 'unknown' ? 'Not looked at yet' : 'Nothing'}</span>
        )}
        {at !== null && at !== undefined && (
          <small className="under">
            <When at={at} />
          </small>
        )}
      </>
    ),
  },
]
