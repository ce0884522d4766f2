import { Button, Modal, Stack, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { Domain, Target } from '../api/domain.ts'
import { request } from '../api/request.ts'
import { ProblemCard } from '../parts/problem-card.tsx'
import { useSay } from '../parts/toasts.tsx'

interface Props {
  domain: Domain
  isOpen: boolean
  onClose(): void
}

/** Sends the domain's visitors to another address. */
export function RetargetDialog({ domain, isOpen, onClose }: Props) {
  return (
    <Modal opened={isOpen} onClose={onClose} title={`Retarget ${domain.hostname}`}>
      <RetargetForm domain={domain} onClose={onClose} />
    </Modal>
  )
}

function RetargetForm({ domain: { id, hostname, target }, onClose }: Omit<Props, 'isOpen'>) {
  const [url, setUrl] = useState(target.type === 'none' ? '' : target.url)
  const [reason, setReason] = useState('')
  const client = useQueryClient()
  const say = useSay()
  const change = useMutation({
    async mutationFn() {
      await request('PATCH', `/v1/domains/${encodeURIComponent(id)}`, {
        body: { target: withUrl(target, url) },
        reason,
      })
      await client.invalidateQueries()
    },
    onSuccess() {
      say(`${hostname} leads to ${url} once every edge has it.`)
      onClose()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    change.mutate()
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <TextInput
          label={target.type === 'redirect' ? `Redirect (${target.status}) to` : 'Proxy to'}
          placeholder="https://app.platform.example"
          required
          data-autofocus
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
        <TextInput
          label="Reason (optional)"
          description="Goes on record in the audit log."
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {change.error !== null && <ProblemCard error={change.error} />}
        <Button type="submit" loading={change.isPending}>
          Retarget
        </Button>
      </Stack>
    </form>
  )
}

const withUrl = (target: Target, url: string): Target =>
  target.type === 'redirect' ? { ...target, url } : { type: 'proxy', url }
