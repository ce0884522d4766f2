import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { servicesQuery } from '../api/services.ts'
import { useMay } from '../api/session.ts'
import { AsyncView } from '../parts/async-view.tsx'
import { Card } from '../parts/card.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Empty } from '../parts/empty.tsx'
import { serviceColumns } from './service-columns.tsx'
import { ServiceDialog } from './service-dialog.tsx'

/** Servers of the platform under a name, which domains have as their target. */
export function ServicesCard() {
  const [isOpen, dialog] = useDisclosure()
  const mayChange = useMay('admin')
  const query = useQuery(servicesQuery)
  return (
    <Card
      title="Services"
      anchor="services"
      aside={
        mayChange && (
          <Button size="compact-xs" variant="default" onClick={dialog.open}>
            New service
          </Button>
        )
      }
    >
      <AsyncView query={query}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title="No service yet">
              A service is a name for servers of your own, private ones too, that domains lead to in place of a URL;
              make one with <code className="nowrap">moor services set</code>.
            </Empty>
          ) : (
            <DataTable label="Services" rows={data} columns={serviceColumns(mayChange)} idOf={({ name }) => name} />
          )
        }
      </AsyncView>
      <ServiceDialog isOpen={isOpen} onClose={dialog.close} />
    </Card>
  )
}
