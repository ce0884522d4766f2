import { Kbd, Menu, useMantineColorScheme } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { request } from '../api/request.ts'
import { sessionQuery, usePrincipal } from '../api/session.ts'
import { Icon } from '../parts/icon.tsx'
import { useSay } from '../parts/toasts.tsx'
import { LiveSwitch } from './live-switch.tsx'

interface Props {
  isMenuOpen: boolean
  onMenu(): void
  onPalette(): void
  onHelp(): void
}

export function Header({ isMenuOpen, onMenu, onPalette, onHelp }: Props) {
  return (
    <header className="header">
      <button
        type="button"
        className="icon-button menu-button"
        aria-label="Pages"
        aria-expanded={isMenuOpen}
        aria-controls="navigation"
        onClick={onMenu}
      >
        <Icon name="menu" />
      </button>
      <Link to="/" className="brand" aria-label="Mooring">
        <img src="/mooring.svg" alt="" width="26" height="26" />
        <span>Mooring</span>
      </Link>
      <button type="button" className="find" onClick={onPalette}>
        <Icon name="search" />
        <span>Find a hostname…</span>
        <Kbd size="xs">⌘K</Kbd>
      </button>
      <LiveSwitch />
      <PersonMenu onHelp={onHelp} />
    </header>
  )
}

const SCHEMES = [
  { value: 'auto', label: 'As the system', icon: 'auto' },
  { value: 'light', label: 'Light', icon: 'sun' },
  { value: 'dark', label: 'Dark', icon: 'moon' },
] as const

function PersonMenu({ onHelp }: { onHelp: () => void }) {
  const { name, role, tenant } = usePrincipal()
  // Else Mantine puts a style element into the page for a moment, which the content security policy refuses.
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true })
  const client = useQueryClient()
  const say = useSay()

  async function signOut() {
    try {
      await request('DELETE', '/v1/session')
      client.clear()
      await client.resetQueries({ queryKey: sessionQuery.queryKey })
      location.reload()
    } catch (error) {
      say(error instanceof Error ? error.message : String(error))
    }
  }

  return (
    <Menu>
      <Menu.Target>
        <button type="button" className="icon-button" aria-label={`${name}, ${role}`}>
          <Icon name="person" />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {name} · {role}
          {tenant !== null && ` · ${tenant}`}
        </Menu.Label>
        {SCHEMES.map(({ value, label, icon }) => (
          <Menu.Item
            key={value}
            leftSection={<Icon name={icon} />}
            rightSection={colorScheme === value ? <Icon name="check" /> : undefined}
            onClick={() => setColorScheme(value)}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={onHelp} rightSection={<Kbd size="xs">?</Kbd>}>
          Keyboard
        </Menu.Item>
        <Menu.Item onClick={() => void signOut()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
