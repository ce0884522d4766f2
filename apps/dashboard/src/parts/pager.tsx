import { Button } from '@mantine/core'

interface Props {
  /** Of the page that is shown; none for the first. */
  cursor: string | undefined
  next: string | null
  onCursor(cursor: string | undefined): void
}

/** On to the next page of a list, and back to its beginning. The browser's way back leads to the page before. */
export function Pager({ cursor, next, onCursor }: Props) {
  if (cursor === undefined && next === null) return null
  return (
    <nav className="pager" aria-label="More of the list">
      <Button size="xs" variant="default" disabled={cursor === undefined} onClick={() => onCursor(undefined)}>
        First page
      </Button>
      <Button size="xs" variant="default" disabled={next === null} onClick={() => onCursor(next ?? undefined)}>
        Next page
      </Button>
    </nav>
  )
}
