import { Button, Modal, Stack, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent } from 'react'
import { request } from '../api/request.ts'
import type { Webhook } from '../api/webhook.ts'
import { ProblemCard } from '../parts/problem-card.tsx'
import { ShownOnce } from '../parts/shown-once.tsx'

export function NewWebhookDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal opened={isOpen} onClose={onClose} title="Add a webhook">
      <NewWebhookForm />
    </Modal>
  )
}

function NewWebhookForm() {
  const client = useQueryClient()
  const add = useMutation({
    async mutationFn(fields: FormData) {
      const given = [...fields].flatMap(([name, value]) => (value === '' ? [] : [[name, value]]))
      const made = await request<Webhook & { secret?: string }>('POST', '/v1/webhooks', {
        body: Object.fromEntries(given),
      })
      await client.invalidateQueries({ queryKey: ['webhooks'] })
      return made
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    add.mutate(new FormData(event.currentTarget))
  }
  if (add.data !== undefined) return <ShownOnce label="Signing secret" text={add.data.secret ?? ''} />
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <TextInput
          name="url"
          type="url"
          label="Address"
          placeholder="https://platform.example/hooks"
          required
          data-autofocus
        />
        <TextInput name="description" label="Description" maxLength={200} />
        <TextInput name="tenant" label="Tenant" placeholder="Every tenant" />
        {add.error !== null && <ProblemCard error={add.error} />}
        <Button type="submit" loading={add.isPending}>
          Add
        </Button>
      </Stack>
    </form>
  )
}
