import { Link } from '@tanstack/react-router'
import type { Target } from '../api/domain.ts'
import { useSeesPlatform } from '../api/session.ts'

/** Where visitors are led. */
export function TargetText({ target }: { target: Target }) {
  const mayFollow = useSeesPlatform()
  if (target.type === 'none') return 'Nothing: 503'
  if (!('service' in target)) return <code>{target.url}</code>
  const name = <code>{target.service}</code>
  if (!mayFollow) return <>service {name}</>
  return (
    <Link to="/edges" hash="services">
      service {name}
    </Link>
  )
}
