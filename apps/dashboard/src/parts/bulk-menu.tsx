import { Button, Menu } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { BulkOutcome } from '../api/page.ts'
import { request } from '../api/request.ts'
import { useMay } from '../api/session.ts'
import { type Question, useConfirm } from './confirm.tsx'
import { useSay } from './toasts.tsx'
import { count, plural, words } from './words.ts'

export interface BulkAction {
  name: string
  isGrave?: boolean
}

interface Props {
  path: string
  /** What the filter finds: `job`, `domain`. */
  noun: string
  actions: BulkAction[]
  /** As the list is asked for: what is not shown on this page is meant, too. */
  filter: Record<string, string | undefined>
}

/** Actions on everything that the present filter matches: counted first, then confirmed with the count. */
export function BulkMenu({ path, noun, actions, filter }: Props) {
  const [isCounting, setCounting] = useState(false)
  const confirm = useConfirm()
  const client = useQueryClient()
  const say = useSay()
  const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined && value !== ''))

  async function ask({ name, isGrave }: BulkAction) {
    setCounting(true)
    try {
      const body = { action: name, filter: given }
      const { matched } = await request<BulkOutcome>('POST', path, { body: { ...body, dry_run: true } })
      if (matched === 0) return say(`No ${noun} matches the filter.`)
      const many = plural(matched, noun)
      confirm({
        title: `${words(name)} ${many}?`,
        body: <WhatIsMeant filter={given} many={many} />,
        verb: `${words(name)} ${count(matched)}`,
        ...(isGrave === undefined ? {} : { isGrave }),
        async run(reason) {
          const outcome = await request<BulkOutcome>('POST', path, { body, reason })
          await client.invalidateQueries()
          return told(name, noun, outcome)
        },
      } satisfies Question)
    } catch (error) {
      say(error instanceof Error ? error.message : String(error))
    } finally {
      setCounting(false)
    }
  }

  if (!useMay('operator')) return null
  return (
    <Menu>
      <Menu.Target>
        <Button size="xs" variant="default" loading={isCounting}>
          All that match…
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {actions.map((action) => (
          <Menu.Item
            key={action.name}
            color={action.isGrave === true ? 'red' : undefined}
            onClick={() => void ask(action)}
          >
            {words(action.name)} all
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

function WhatIsMeant({ filter, many }: { filter: Record<string, unknown>; many: string }) {
  const facts = Object.entries(filter)
  return (
    <>
      <p>{facts.length === 0 ? `No filter is set: this is done to all ${many}.` : `This is done to ${many} with:`}</p>
      <ul className="plain">
        {facts.map(([name, value]) => (
          <li key={name}>
            {words(name)}: <code>{String(value)}</code>
          </li>
        ))}
      </ul>
      <p className="soft">What changes its state meanwhile is left alone and counted as skipped.</p>
    </>
  )
}

function told(name: string, noun: string, { applied, skipped }: BulkOutcome): string {
  const left = skipped.map(({ code, count: number }) => `${count(number)} skipped (${code})`)
  return [`${words(name)}: ${plural(applied, noun)}`, ...left].join(', ')
}
