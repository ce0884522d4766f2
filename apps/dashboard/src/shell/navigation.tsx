import { Link } from '@tanstack/react-router'
import { Icon } from '../parts/icon.tsx'
import { PAGES } from './pages.ts'

/** Beside the page; on a phone it opens over it. */
export function Navigation({ isOpen, onChosen }: { isOpen: boolean; onChosen: () => void }) {
  return (
    <nav id="navigation" className={isOpen ? 'navigation open' : 'navigation'} aria-label="Pages">
      {PAGES.map(({ to, title, icon }) => (
        <Link key={to} to={to} activeOptions={{ exact: to === '/', includeSearch: false }} onClick={onChosen}>
          <Icon name={icon} />
          {title}
        </Link>
      ))}
      <a href="/docs" className="outside">
        API reference
      </a>
    </nav>
  )
}
