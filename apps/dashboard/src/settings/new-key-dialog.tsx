import { Button, Modal, NativeSelect, Stack, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent } from 'react'
import { ROLES } from '../api/access.ts'
import { request } from '../api/request.ts'
import { textOf } from '../parts/form-text.ts'
import { ProblemCard } from '../parts/problem-card.tsx'
import { ShownOnce } from '../parts/shown-once.tsx'

const DAYS = [
  { value: '', label: 'Never' },
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '365', label: 'In a year' },
]

export function NewKeyDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal opened={isOpen} onClose={onClose} title="Make an API key">
      <NewKeyForm />
    </Modal>
  )
}

function NewKeyForm() {
  const client = useQueryClient()
  const make = useMutation({
    async mutationFn(fields: FormData) {
      const text = (name: string) => textOf(fields, name)
      const days = Number(text('days'))
      const body = {
        name: text('name'),
        role: text('role'),
        ...(text('tenant') === '' ? {} : { tenant: text('tenant') }),
        ...(days === 0 ? {} : { expires_at: new Date(Date.now() + days * 86_400_000).toISOString() }),
      }
      const made = await request<{ key: string }>('POST', '/v1/keys', { body })
      await client.invalidateQueries({ queryKey: ['keys'] })
      return made
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    make.mutate(new FormData(event.currentTarget))
  }
  if (make.data !== undefined) return <ShownOnce label="API key" text={make.data.key} />
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <TextInput
          name="name"
          label="Name"
          description="Which program uses it."
          required
          maxLength={100}
          data-autofocus
        />
        <NativeSelect name="role" label="Role" data={[...ROLES]} defaultValue="operator" />
        <TextInput name="tenant" label="Tenant" placeholder="Every tenant" />
        <NativeSelect name="days" label="Ends" data={DAYS} defaultValue="90" />
        {make.error !== null && <ProblemCard error={make.error} />}
        <Button type="submit" loading={make.isPending}>
          Make it
        </Button>
      </Stack>
    </form>
  )
}
