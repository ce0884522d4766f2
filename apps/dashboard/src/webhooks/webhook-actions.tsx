import { Button, Menu, Modal } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { request } from '../api/request.ts'
import { useMay } from '../api/session.ts'
import type { Webhook } from '../api/webhook.ts'
import { useConfirm } from '../parts/confirm.tsx'
import { ShownOnce } from '../parts/shown-once.tsx'
import { useSay } from '../parts/toasts.tsx'

/** What can be done with a webhook: try it, send a day again, change its secret, stop it, forget it. */
export function WebhookActions({ webhook: { id, url, disabled_at: disabledAt } }: { webhook: Webhook }) {
  const [secret, setSecret] = useState<string | null>(null)
  const confirm = useConfirm()
  const client = useQueryClient()
  const navigate = useNavigate()
  const say = useSay()
  const isAdmin = useMay('admin')
  const path = `/v1/webhooks/${encodeURIComponent(id)}`
  const isEnabled = disabledAt === null

  const ask = (verb: string, body: string, run: (reason: string) => Promise<string>, isGrave = false) =>
    confirm({
      title: `${verb} ${url}?`,
      body,
      verb,
      isGrave,
      async run(reason) {
        const told = await run(reason)
        await client.invalidateQueries()
        return told
      },
    })
  const test = () => {
    request('POST', `${path}/test`).then(
      () => say('A test message is on its way.'),
      (error: Error) => say(error.message),
    )
  }
  const replayDay = async (reason: string) => {
    const since = new Date(Date.now() - 86_400_000).toISOString()
    await request('POST', `${path}/replay`, { body: { since }, reason })
    return 'Everything of the last day is sent again.'
  }
  const rotate = async (reason: string) => {
    const { secret: made } = await request<{ secret: string }>('POST', `${path}/secret`, { reason })
    setSecret(made)
    return 'There is a new secret; the old one signs beside it for a while.'
  }
  const toggle = async (reason: string) => {
    await request('PATCH', path, { body: { enabled: !isEnabled }, reason })
    return isEnabled ? 'Nothing is sent any more.' : 'It hears of what happens from now on.'
  }
  const remove = async (reason: string) => {
    await request('DELETE', path, { reason })
    void navigate({ to: '/webhooks' })
    return `${url} is forgotten.`
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
          <Menu.Item onClick={test}>Send a test</Menu.Item>
          <Menu.Item onClick={() => ask('Replay', 'Every message of the last 24 hours is sent again.', replayDay)}>
            Replay the last day
          </Menu.Item>
          {isAdmin && (
            <>
              <Menu.Item onClick={() => ask('Rotate', 'A new secret is made and shown once.', rotate)}>
                Rotate the secret
              </Menu.Item>
              <Menu.Item
                onClick={() => ask(isEnabled ? 'Disable' : 'Enable', 'Messages that wait are kept.', toggle, isEnabled)}
              >
                {isEnabled ? 'Disable' : 'Enable'}
              </Menu.Item>
              <Menu.Item color="red" onClick={() => ask('Delete', 'Its deliveries go with it.', remove, true)}>
                Delete
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <Modal opened={secret !== null} onClose={() => setSecret(null)} title="New signing secret">
        <ShownOnce label="Signing secret" text={secret ?? ''} />
      </Modal>
    </>
  )
}
