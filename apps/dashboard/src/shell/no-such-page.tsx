import { Link } from '@tanstack/react-router'
import { Empty } from '../parts/empty.tsx'

export function NoSuchPage() {
  return (
    <Empty title="There is no such page">
      Go to the <Link to="/">overview</Link>, or press ⌘K and find what you were looking for.
    </Empty>
  )
}
