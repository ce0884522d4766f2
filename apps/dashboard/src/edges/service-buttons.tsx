import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQueryClient } from '@tanstack/react-query'
import { request } from '../api/request.ts'
import { type Service, servicesQuery } from '../api/services.ts'
import { useConfirm } from '../parts/confirm.tsx'
import { ServiceDialog } from './service-dialog.tsx'

export function ServiceButtons({ service }: { service: Service }) {
  const { name } = service
  const [isOpen, dialog] = useDisclosure()
  const confirm = useConfirm()
  const client = useQueryClient()
  const askToDelete = () =>
    confirm({
      title: `Delete ${name}?`,
      body: 'It is forgotten on every edge. While a domain leads to it, the API refuses.',
      verb: 'Delete',
      isGrave: true,
      async run(reason) {
        await request('DELETE', `/v1/services/${encodeURIComponent(name)}`, { reason })
        await client.invalidateQueries({ queryKey: servicesQuery.queryKey })
        return `${name} is forgotten.`
      },
    })
  return (
    <div className="row-actions">
      <Button size="compact-xs" variant="default" aria-label={`Edit ${name}`} onClick={dialog.open}>
        Edit
      </Button>
      <Button size="compact-xs" variant="default" aria-label={`Delete ${name}`} onClick={askToDelete}>
        Delete
      </Button>
      <ServiceDialog service={service} isOpen={isOpen} onClose={dialog.close} />
    </div>
  )
}
