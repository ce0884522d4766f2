import { Outlet } from '@tanstack/react-router'
import { useDisclosure } from '@mantine/hooks'
import { type Principal } from '../api/access.ts'
import { PrincipalContext } from '../api/session.ts'
import { LiveUpdates } from '../live/live-updates.tsx'
import { Confirmations } from '../parts/confirm.tsx'
import { CommandPalette } from './command-palette.tsx'
import { Header } from './header.tsx'
import { HelpSheet } from './help-sheet.tsx'
import { Navigation } from './navigation.tsx'
import { useKeys } from './use-keys.ts'

/** What surrounds every page. */
export function Shell({ principal }: { principal: Principal }) {
  const [isPaletteOpen, palette] = useDisclosure()
  const [isHelpOpen, help] = useDisclosure()
  const [isMenuOpen, menu] = useDisclosure()
  useKeys({ onPalette: palette.toggle, onHelp: help.toggle })
  return (
    <PrincipalContext value={principal}>
      <LiveUpdates>
        <Confirmations>
          <a className="skip" href="#page">
            Skip to the page
          </a>
          <Header onMenu={menu.toggle} isMenuOpen={isMenuOpen} onPalette={palette.open} onHelp={help.open} />
          <Navigation isOpen={isMenuOpen} onChosen={menu.close} />
          <main id="page" className="page" tabIndex={-1}>
            <Outlet />
          </main>
          <CommandPalette isOpen={isPaletteOpen} onClose={palette.close} onHelp={help.open} />
          <HelpSheet isOpen={isHelpOpen} onClose={help.close} />
        </Confirmations>
      </LiveUpdates>
    </PrincipalContext>
  )
}
