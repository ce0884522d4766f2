import { stripVTControlCharacters } from 'node:util'
import type { Page } from './page.ts'
import { printPage } from './print-page.ts'
import { describeTerminal } from './terminal.ts'
import { columnsOf } from './visible-text.ts'

/** A page on a terminal that is drawn over the one before it. */
export interface LivePage {
  draw(page: Page): void
}

export interface Screen {
  isTTY?: boolean
  columns?: number
  rows?: number
  write(text: string): unknown
}

/** ECMA-48: cursor up; erase to the end of the line, and of the screen. */
const up = (rows: number): string => (rows === 0 ? '' : `\x1b[${rows}A`)
const ERASE_LINE = '\x1b[K'
const ERASE_BELOW = '\x1b[J'
const USUAL = { columns: 80, rows: 24 }

export function livePage(
  screen: Screen,
  env: Readonly<Record<string, string | undefined>>,
  options: { color: boolean },
): LivePage {
  let before: string[] = []
  return {
    draw(page) {
      // The width may have changed since: what was drawn is wrapped by the terminal as it is now.
      const { columns = USUAL.columns, rows = USUAL.rows } = screen
      const height = (row: string) => Math.max(1, Math.ceil(columnsOf(stripVTControlCharacters(row)) / columns))
      const shown = fitting(
        printPage(page, describeTerminal(screen, env, options))
          .split('\n')
          .slice(0, -1),
        {
          height,
          room: rows - 1,
        },
      )
      const drawn = before.reduce((sum, row) => sum + height(row), 0)
      screen.write(`${up(drawn)}\r${shown.map((row) => `${row}${ERASE_LINE}\n`).join('')}${ERASE_BELOW}`)
      before = shown
    },
  }
}

/** What has left the screen at its top can be drawn over no more. */
function fitting(rows: string[], { height, room }: { height(row: string): number; room: number }): string[] {
  let filled = 0
  return rows.filter((row) => {
    filled += height(row)
    return filled <= room
  })
}
