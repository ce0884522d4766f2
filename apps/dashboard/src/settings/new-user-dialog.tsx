import { Button, Modal, NativeSelect, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent } from 'react'
import { ROLES, type User } from '../api/access.ts'
import { request } from '../api/request.ts'
import { ProblemCard } from '../parts/problem-card.tsx'
import { useSay } from '../parts/toasts.tsx'

export function NewUserDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal opened={isOpen} onClose={onClose} title="Add a user">
      <NewUserForm onClose={onClose} />
    </Modal>
  )
}

function NewUserForm({ onClose }: { onClose: () => void }) {
  const client = useQueryClient()
  const say = useSay()
  const add = useMutation({
    async mutationFn(fields: FormData) {
      const user = await request<User>('POST', '/v1/users', { body: Object.fromEntries(fields) })
      await client.invalidateQueries({ queryKey: ['users'] })
      return user
    },
    onSuccess({ name }) {
      say(`${name} can sign in now.`)
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
        <TextInput name="name" label="Name" required maxLength={100} data-autofocus />
        <TextInput name="email" type="email" label="E-mail" autoComplete="off" required />
        <NativeSelect name="role" label="Role" data={[...ROLES]} defaultValue="operator" />
        <PasswordInput
          name="password"
          label="Password"
          description="12 characters or more."
          autoComplete="new-password"
          required
          minLength={12}
        />
        {add.error !== null && <ProblemCard error={add.error} />}
        <Button type="submit" loading={add.isPending}>
          Add
        </Button>
      </Stack>
    </form>
  )
}
