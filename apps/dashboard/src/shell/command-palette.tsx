import { Modal, TextInput, useMantineColorScheme } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useState } from 'react'
import type { Domain } from '../api/domain.ts'
import type { Page } from '../api/page.ts'
import { get, withQuery } from '../api/request.ts'
import { useLive } from '../live/live-updates.tsx'
import { Icon } from '../parts/icon.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { PAGES } from './pages.ts'

interface Props {
  isOpen: boolean
  onClose(): void
  onHelp(): void
}

/** ⌘K: a hostname, a page, an action. */
export function CommandPalette({ isOpen, onClose, onHelp }: Props) {
  return (
    <Modal.Root opened={isOpen} onClose={onClose} lockScroll={false} padding={0}>
      <Modal.Overlay />
      <Modal.Content aria-label="Find">
        <Finder onClose={onClose} onHelp={onHelp} />
      </Modal.Content>
    </Modal.Root>
  )
}

const MOST = 8

function Finder({ onClose, onHelp }: Omit<Props, 'isOpen'>) {
  const [text, setText] = useState('')
  const [wanted] = useDebouncedValue(text.trim().toLowerCase(), 150)
  const [at, setAt] = useState(0)
  const domains = useQuery({
    queryKey: ['domains', 'found', wanted],
    queryFn: ({ signal }) => get<Page<Domain>>(withQuery('/v1/domains', { q: wanted, limit: MOST }), signal),
    enabled: wanted.length > 1,
  })
  const commands = useCommands(onHelp).filter(({ title }) => title.toLowerCase().includes(text.trim().toLowerCase()))
  const navigate = useNavigate()
  const found = wanted.length > 1 ? (domains.data?.data ?? []) : []
  const choices = [
    ...found.map(({ id, hostname, state }) => ({
      id,
      title: hostname,
      aside: <StateBadge state={state} />,
      icon: 'domains' as const,
      run: () => void navigate({ to: '/domains/$id', params: { id } }),
    })),
    ...commands.map((command) => ({ ...command, aside: null })),
  ]
  const chosen = Math.min(at, choices.length - 1)

  const choose = (index: number) => {
    const choice = choices[index]
    if (choice === undefined) return
    onClose()
    choice.run()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (event.key === 'Enter') choose(chosen)
    if (step === undefined) return
    event.preventDefault()
    setAt((chosen + step + choices.length) % Math.max(1, choices.length))
  }

  return (
    <div className="palette">
      <TextInput
        variant="unstyled"
        size="md"
        placeholder="Hostname, page or action"
        aria-label="Hostname, page or action"
        role="combobox"
        aria-expanded
        aria-controls="palette-choices"
        aria-activedescendant={choices.length > 0 ? `choice-${chosen}` : undefined}
        leftSection={<Icon name="search" />}
        data-autofocus
        value={text}
        onKeyDown={onKeyDown}
        onChange={(event) => {
          setText(event.currentTarget.value)
          setAt(0)
        }}
      />
      <div id="palette-choices" role="listbox" aria-label="Found" className="choices">
        {choices.map(({ id, title, aside, icon }, index) => (
          <div
            key={id}
            id={`choice-${index}`}
            role="option"
            aria-selected={index === chosen}
            tabIndex={-1}
            onMouseMove={() => setAt(index)}
            onClick={() => choose(index)}
            onKeyDown={onKeyDown}
          >
            <Icon name={icon} />
            <span>{title}</span>
            {aside}
          </div>
        ))}
      </div>
      {choices.length === 0 && <p className="soft palette-empty">Nothing has “{text}” in its name.</p>}
    </div>
  )
}

function useCommands(onHelp: () => void) {
  const navigate = useNavigate()
  const { isPaused, setPaused } = useLive()
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true })
  const goTo = (to: string, search: Record<string, string> = {}) => void navigate({ to, search })
  return [
    ...PAGES.map(({ to, title, icon }) => ({ id: to, title, icon, run: () => goTo(to) })),
    { id: 'failed', title: 'Failed jobs', icon: 'jobs', run: () => goTo('/jobs', { kind: 'failed' }) },
    {
      id: 'customer',
      title: 'Domains that wait for their customer',
      icon: 'domains',
      run: () => goTo('/domains', { actor: 'customer' }),
    },
    {
      id: 'live',
      title: isPaused ? 'Go on with live updates' : 'Pause live updates',
      icon: isPaused ? 'play' : 'pause',
      run: () => setPaused(!isPaused),
    },
    { id: 'light', title: 'Light colours', icon: 'sun', run: () => setColorScheme('light') },
    { id: 'dark', title: 'Dark colours', icon: 'moon', run: () => setColorScheme('dark') },
    { id: 'help', title: 'Keyboard help', icon: 'settings', run: onHelp },
  ] as const
}
