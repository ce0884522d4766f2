import { Button, Modal, NativeSelect, Stack, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useKnownCodes } from '../api/known-codes.ts'
import { request } from '../api/request.ts'
import { textOf } from '../parts/form-text.ts'
import { ProblemCard } from '../parts/problem-card.tsx'
import { useSay } from '../parts/toasts.tsx'

const HOURS = [
  { value: '1', label: '1 hour' },
  { value: '4', label: '4 hours' },
  { value: '24', label: '1 day' },
  { value: '168', label: '1 week' },
]

interface Props {
  isOpen: boolean
  onClose(): void
  /** What to begin with, where a notice is silenced. */
  code?: string
  tenant?: string | null
}

export function SilenceDialog({ isOpen, onClose, ...preset }: Props) {
  return (
    <Modal opened={isOpen} onClose={onClose} title={preset.code === undefined ? 'Add a silence' : 'Silence this'}>
      <SilenceForm onClose={onClose} {...preset} />
    </Modal>
  )
}

function SilenceForm({ onClose, code, tenant }: Omit<Props, 'isOpen'>) {
  const known = useKnownCodes().reasons
  // Not left to the browser: when the codes come, it would keep the place in the list, and silence another one.
  const [chosen, setChosen] = useState(code ?? '')
  // A newer release may have told of a code that this one does not list.
  const codes = code === undefined || known.includes(code) ? known : [code, ...known]
  const client = useQueryClient()
  const say = useSay()
  const add = useMutation({
    async mutationFn(fields: FormData) {
      const text = (name: string) => textOf(fields, name)
      const until = new Date(Date.now() + Number(text('hours')) * 3_600_000).toISOString()
      const body = { code: text('code') || null, tenant: text('tenant') || null, until, why: text('why') }
      await request('POST', '/v1/silences', { body })
      await client.invalidateQueries({ queryKey: ['silences'] })
    },
    onSuccess() {
      say('From now on it is counted, not told.')
      onClose()
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    add.mutate(new FormData(event.currentTarget))
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <NativeSelect
          name="code"
          label="Reason code"
          value={chosen}
          onChange={(event) => setChosen(event.currentTarget.value)}
          data={[{ value: '', label: 'Every code' }, ...codes]}
        />
        <TextInput name="tenant" label="Tenant" placeholder="Every tenant" defaultValue={tenant ?? ''} />
        <NativeSelect name="hours" label="For" data={HOURS} />
        <TextInput
          name="why"
          label="Why"
          required
          maxLength={500}
          placeholder="Known outage, being worked on"
          data-autofocus
        />
        {add.error !== null && <ProblemCard error={add.error} />}
        <Button type="submit" loading={add.isPending}>
          Silence
        </Button>
      </Stack>
    </form>
  )
}
