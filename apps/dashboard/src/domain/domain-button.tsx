import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useMay } from '../api/session.ts'
import { useSay } from '../parts/toasts.tsx'
import { runDomainAction } from './run-domain-action.ts'

const TITLES = { check: 'Check now', retry: 'Retry' }
const TOLD = { check: 'is looked at now.', retry: 'goes on.' }

interface Props {
  id: string
  hostname: string
  action: keyof typeof TITLES
}

/** In a row: what can be done to it without harm. */
export function DomainButton({ id, hostname, action }: Props) {
  const client = useQueryClient()
  const say = useSay()
  const run = useMutation({
    mutationFn: () => runDomainAction(client, { id, action }),
    onSuccess: () => say(`${hostname} ${TOLD[action]}`),
    onError: (error) => say(`${hostname}: ${error.message}`),
  })
  if (!useMay('operator')) return null
  return (
    <Button
      size="compact-xs"
      variant="default"
      aria-label={`${TITLES[action]}: ${hostname}`}
      loading={run.isPending}
      onClick={() => run.mutate()}
    >
      {TITLES[action]}
    </Button>
  )
}
