import { useRouter } from '@tanstack/react-router'
import { ProblemCard } from '../parts/problem-card.tsx'

/** A page that broke: the rest of the dashboard stays usable. */
export function PageFault({ error }: { error: unknown }) {
  const router = useRouter()
  return <ProblemCard error={error} onRetry={() => void router.invalidate()} />
}
