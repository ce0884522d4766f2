import { Button, Menu } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQueryClient } from '@tanstack/react-query'
import type { Domain } from '../api/domain.ts'
import { useMay } from '../api/session.ts'
import { useConfirm } from '../parts/confirm.tsx'
import { useSay } from '../parts/toasts.tsx'
import { DOMAIN_ACTIONS, type DomainAction } from './domain-actions.ts'
import { RetargetDialog } from './retarget-dialog.tsx'
import { runDomainAction } from './run-domain-action.ts'

const DELETE: DomainAction = {
  name: 'delete',
  title: 'Delete',
  does: 'The route is removed on every edge at once. Until the grace is over it can be restored.',
  isGrave: true,
  least: 'operator',
  states: [],
}

/** What can be asked of the domain where it is now. */
export function ActionBar({ domain }: { domain: Domain }) {
  const { id, hostname, state } = domain
  const client = useQueryClient()
  const confirm = useConfirm()
  const say = useSay()
  const [isRetargeting, retargeting] = useDisclosure()
  const isGone = state === 'deprovisioning' || state === 'deprovisioned'

  const run = async ({ name, title }: DomainAction, reason: string) => {
    await runDomainAction(client, { id, action: name, reason })
    return `${title}: ${hostname}`
  }
  const choose = (action: DomainAction) => {
    if (action.isHarmless === true) {
      run(action, '').then(say, (error: Error) => say(error.message))
      return
    }
    confirm({
      title: `${action.title} ${hostname}?`,
      body: action.does,
      verb: action.title,
      isGrave: action.isGrave === true,
      run: (reason) => run(action, reason),
    })
  }

  if (!useMay('operator')) return null
  return (
    <>
      <Menu>
        <Menu.Target>
          <Button size="xs" variant="default">
            Actions
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {DOMAIN_ACTIONS.filter(({ states }) => states.includes(state)).map((action) => (
            <Menu.Item
              key={action.name}
              color={action.isGrave === true ? 'red' : undefined}
              onClick={() => choose(action)}
            >
              {action.title}
            </Menu.Item>
          ))}
          {!isGone && <Menu.Item onClick={retargeting.open}>Retarget</Menu.Item>}
          {!isGone && (
            <Menu.Item color="red" onClick={() => choose(DELETE)}>
              Delete
            </Menu.Item>
          )}
          {state === 'deprovisioned' && <Menu.Label>It is gone; nothing can be asked of it.</Menu.Label>}
        </Menu.Dropdown>
      </Menu>
      <RetargetDialog domain={domain} isOpen={isRetargeting} onClose={retargeting.close} />
    </>
  )
}
