import { Button, Modal, NativeSelect, Stack, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import type { Service } from '../api/services.ts'
import { faultAt, faultsOf } from '../parts/faults-at.ts'
import { textOf } from '../parts/form-text.ts'
import { ProblemCard } from '../parts/problem-card.tsx'
import { useSay } from '../parts/toasts.tsx'
import { saveService } from './save-service.ts'
import { serviceChangeOf } from './service-change.ts'
import { serverFaultOf } from './server-fault.ts'

interface Props {
  /** The one to change; without it a new one is made. */
  service?: Service
  isOpen: boolean
  onClose(): void
}

export function ServiceDialog({ service, isOpen, onClose }: Props) {
  return (
    <Modal opened={isOpen} onClose={onClose} title={service === undefined ? 'New service' : `Edit ${service.name}`}>
      <ServiceForm service={service} onClose={onClose} />
    </Modal>
  )
}

const PLACES = ['name', 'tls_name', 'health.path', 'health.interval_seconds', 'tenant']

function ServiceForm({ service, onClose }: Omit<Props, 'isOpen'>) {
  // As it was when the dialog opened: a refresh of the list behind it changes nothing under somebody's hands.
  const [before] = useState(service)
  const [scheme, setScheme] = useState<string>(before?.scheme ?? 'http')
  const client = useQueryClient()
  const say = useSay()
  const save = useMutation({
    mutationFn(fields: FormData) {
      const change = serviceChangeOf(fields)
      const reason = textOf(fields, 'reason')
      return saveService(client, {
        name: before?.name ?? textOf(fields, 'name'),
        change,
        reason,
        isNew: before === undefined,
      })
    },
    onSuccess({ name }) {
      say(`${name} goes to every edge now.`)
      onClose()
    },
  })
  const form = useRef<HTMLFormElement>(null)
  // On a phone the fields do not all fit: what is said at one may be out of sight.
  useEffect(() => {
    if (save.error !== null) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
  }, [save.error])
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    save.mutate(new FormData(event.currentTarget))
  }
  const faults = faultsOf(save.error)
  const ofServers = serverFaultOf(faults, save.variables === undefined ? [] : serviceChangeOf(save.variables).servers)
  const isPlaced = faults.length > 0 && faults.every(({ path }) => path.startsWith('servers') || PLACES.includes(path))
  return (
    <form ref={form} onSubmit={submit}>
      <Stack gap="sm">
        {before === undefined && (
          <TextInput
            name="name"
            label="Name"
            description="What domains call it in place of a URL."
            placeholder="shop-api"
            required
            maxLength={63}
            data-autofocus
            error={faultAt(faults, 'name')}
          />
        )}
        <Textarea
          name="servers"
          label="Servers"
          description="One host:port in each line. They may be private addresses."
          placeholder={'10.0.4.11:8080\n10.0.4.12:8080'}
          rows={4}
          required
          data-autofocus={before !== undefined || undefined}
          defaultValue={before?.servers.join('\n')}
          error={ofServers}
        />
        <NativeSelect
          name="scheme"
          label="Spoken to by"
          value={scheme}
          onChange={(event) => setScheme(event.currentTarget.value)}
          data={['http', 'https']}
        />
        {scheme === 'https' && (
          <TextInput
            name="tls_name"
            label="Name in their certificates"
            placeholder="api.platform.internal"
            required
            defaultValue={before?.tls_name ?? ''}
            error={faultAt(faults, 'tls_name')}
          />
        )}
        <TextInput
          name="health"
          label="Health path (optional)"
          description="Every edge asks every server for it; one that fails gets no visitors."
          placeholder="/healthz"
          defaultValue={before?.health?.path ?? ''}
          error={faultAt(faults, 'health.path')}
        />
        <TextInput
          name="interval"
          type="number"
          label="Asked every (seconds)"
          min={1}
          max={300}
          defaultValue={before?.health?.interval_seconds ?? 10}
          error={faultAt(faults, 'health.interval_seconds')}
        />
        <TextInput
          name="tenant"
          label="Tenant (optional)"
          description="Whose domains alone may use it."
          placeholder="Every tenant"
          defaultValue={before?.tenant ?? ''}
          error={faultAt(faults, 'tenant')}
        />
        <TextInput
          name="reason"
          label="Reason (optional)"
          description="Goes on record in the audit log."
          maxLength={500}
        />
        {save.error !== null && !isPlaced && <ProblemCard error={save.error} />}
        <Button type="submit" loading={save.isPending}>
          {before === undefined ? 'Make it' : 'Save'}
        </Button>
      </Stack>
    </form>
  )
}
