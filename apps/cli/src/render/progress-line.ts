import type { Terminal } from './terminal.ts'
import { columnsOf, shownText } from './visible-text.ts'

/** One line that says what is being done, and that is gone when it is done. */
export interface ProgressLine {
  show(text: string): void
  clear(): void
}

interface Screen {
  isTTY?: boolean
  write(text: string): unknown
}

/** ECMA-48: carriage return, then "erase in line" to its end. */
const ERASE = '\r\x1b[K'

/** Written to stderr, so that what is piped onwards is the answer alone; nothing at all when that is no terminal. */
export function progressLine(screen: Screen, terminal: Terminal): ProgressLine {
  if (screen.isTTY !== true) return { show: () => undefined, clear: () => undefined }
  let isShown = false
  return {
    show(text) {
      const ending = terminal.unicode ? ' …' : ' ...'
      // A line that wraps could not be erased; the last column is left free, where some terminals wrap already.
      const room = terminal.width - ending.length - 1
      screen.write(`${ERASE}${fitting(shownText(text, terminal), room)}${ending}`)
      isShown = true
    },
    clear() {
      if (isShown) screen.write(ERASE)
      isShown = false
    },
  }
}

function fitting(text: string, columns: number): string {
  let shown = ''
  for (const character of text) {
    if (columnsOf(shown + character) > columns) break
    shown += character
  }
  return shown
}
