import { describe, expect, it } from 'vitest'
import { livePage } from './live-page.ts'
import { line, piece } from './page.ts'

const ESC = '\x1b'
const TOKENS = new RegExp(`${ESC}\\[(\\d+)A|${ESC}\\[[KJ]|[^${ESC}]`, 'g')

/** As much of a terminal as is used: it wraps, scrolls, goes up, and erases. */
function terminal({ columns, rows }: { columns: number; rows: number }) {
  let cells: string[] = ['']
  let at = 0
  const put = (character: string) => {
    if ((cells[at] ?? '').length === columns) at++
    cells[at] = (cells[at] ?? '') + character
  }
  return {
    isTTY: true,
    columns,
    rows,
    write(text: string) {
      for (const [token, up] of text.matchAll(TOKENS)) {
        if (up !== undefined) at = Math.max(0, at - Number(up))
        else if (token === '\x1b[J') cells = cells.slice(0, at + 1)
        else if (token === '\n') at++
        else if (token !== '\r' && token !== '\x1b[K') put(token)
        if (token === '\n' || up !== undefined) cells[at] = ''
      }
    },
    screen: () => cells.filter((row) => row !== ''),
  }
}

const pageOf = (...rows: string[]) => rows.map((row) => line([piece(row)]))
const draw = (screen: ReturnType<typeof terminal>) => livePage(screen, { LANG: 'C.UTF-8' }, { color: false })

describe('a live page', () => {
  it('is drawn over the one before it, shorter or longer', () => {
    const screen = terminal({ columns: 40, rows: 10 })
    const page = draw(screen)
    page.draw(pageOf('one', 'two', 'three'))
    page.draw(pageOf('1'))
    expect(screen.screen()).toEqual(['1'])
    page.draw(pageOf('a', 'b', 'c', 'd'))
    expect(screen.screen()).toEqual(['a', 'b', 'c', 'd'])
  })

  it('leaves out what would push its beginning off the screen, where it could be drawn over no more', () => {
    const screen = terminal({ columns: 40, rows: 4 })
    const page = draw(screen)
    page.draw(pageOf('1', '2', '3', '4', '5', '6'))
    expect(screen.screen()).toEqual(['1', '2', '3'])
  })

  it('obeys nothing that is in it', () => {
    const screen = terminal({ columns: 40, rows: 10 })
    draw(screen).draw(pageOf('\x1b[2Jgone'))
    expect(screen.screen()).toEqual(['\\x1b[2Jgone'])
  })
})
