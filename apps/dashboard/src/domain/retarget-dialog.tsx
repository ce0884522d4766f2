import { Button, Modal, NativeSelect, Stack, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { Domain, Target } from '../api/domain.ts'
import { request } from '../api/request.ts'
import { ProblemCard } from '../parts/problem-card.tsx'
import { useSay } from '../parts/toasts.tsx'
import { ServiceField } from './service-field.tsx'

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

const KINDS = [
  { value: 'url', label: 'A URL' },
  { value: 'service', label: 'A service of the platform' },
]

function RetargetForm({ domain: { id, hostname, tenant, target }, onClose }: Omit<Props, 'isOpen'>) {
  const [kind, setKind] = useState('service' in target ? 'service' : 'url')
  const [url, setUrl] = useState('url' in target ? target.url : '')
  const [service, setService] = useState('service' in target ? target.service : '')
  const [reason, setReason] = useState('')
  const client = useQueryClient()
  const say = useSay()
  const change = useMutation({
    async mutationFn(wanted: Target) {
      await request('PATCH', `/v1/domains/${encodeURIComponent(id)}`, { body: { target: wanted }, reason })
      await client.invalidateQueries()
    },
    onSuccess() {
      say(`${hostname} leads to ${kind === 'url' ? url : `the service ${service}`} once every edge has it.`)
      onClose()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    change.mutate(kind === 'url' ? withUrl(target, url) : { type: 'proxy', service: service.trim() })
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {target.type !== 'redirect' && (
          <NativeSelect
            label="Lead visitors to"
            value={kind}
            onChange={(event) => setKind(event.currentTarget.value)}
            data={KINDS}
          />
        )}
        {kind === 'service' ? (
          <ServiceField tenant={tenant} value={service} onChange={setService} />
        ) : (
          <TextInput
            label={target.type === 'redirect' ? `Redirect (${target.status}) to` : 'Proxy to'}
            placeholder="https://app.platform.example"
            required
            data-autofocus
            value={url}
            onChange={(event) => setUrl(event.currentTarget.value)}
          />
        )}
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
