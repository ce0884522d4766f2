import { styleText } from 'node:util'
import { type Block, type Page, type Piece, piece, type Tone } from './page.ts'
import type { Terminal } from './terminal.ts'
import { tableRows } from './table-rows.ts'
import { columnsOf, shownText } from './visible-text.ts'

/** Room for the longest label of a copy line, so that their values stand below one another. */
const LABEL_WIDTH = 8
/** A value to copy is whole or useless; the longest in DNS is a TXT record of a few hundred characters. */
const MAX_COPY_LENGTH = 2000

/** The page as text with a newline at its end. Nothing in it obeys but the colours, which are put on last. */
export function printPage(page: Page, terminal: Terminal): string {
  return page
    .flatMap((block) => printBlock(block, terminal))
    .map((row) => `${row}\n`)
    .join('')
}

function printBlock(block: Block, terminal: Terminal): string[] {
  switch (block.kind) {
    case 'blank':
      return ['']
    case 'copy':
      return printCopy(block, terminal)
    case 'table':
      return tableRows(block, terminal.columns).flatMap((row) =>
        printLine(row, { ...terminal, width: terminal.columns }),
      )
    case 'line':
      return printLine(block, terminal)
  }
}

const printLine = (block: Extract<Block, { kind: 'line' }>, terminal: Terminal): string[] =>
  wrap(block, terminal).map((row) =>
    inRuns(row)
      .map((run) => tinted(run, terminal))
      .join(''),
  )

/** A value that does not fit beside its label gets a row to itself, from the first column on, and is not broken. */
function printCopy({ label, value, indent }: Extract<Block, { kind: 'copy' }>, terminal: Terminal): string[] {
  const title = `${' '.repeat(indent)}${shownText(label, terminal).padEnd(LABEL_WIDTH)}`
  const text = shownText(value, terminal, MAX_COPY_LENGTH)
  const strong = tinted(piece(text, 'strong'), terminal)
  return columnsOf(title + text) <= terminal.width ? [`${title}${strong}`] : [title.trimEnd(), strong]
}

interface Word extends Piece {
  /** A word at a line's end is not followed by its space. */
  isSpace: boolean
}

function wrap({ pieces, indent, hanging }: Extract<Block, { kind: 'line' }>, terminal: Terminal): Piece[][] {
  const rows: Word[][] = []
  const margin = (columns: number): Word => ({ text: ' '.repeat(columns), tone: 'plain', isSpace: true })
  let row: Word[] = [margin(indent)]
  let filled = indent
  const nextRow = () => {
    rows.push(row)
    row = [margin(hanging)]
    filled = hanging
  }
  for (const word of pieces.flatMap((each) => wordsOf(each, terminal, terminal.width - Math.max(indent, hanging)))) {
    const columns = columnsOf(word.text)
    if (filled + columns > terminal.width) nextRow()
    if (word.isSpace && row.length === 1 && rows.length > 0) continue
    row.push(word)
    filled += columns
  }
  rows.push(row)
  return rows.map((words) => words.slice(0, words.findLastIndex(({ isSpace }) => !isSpace) + 1))
}

/** Words of one tone are tinted as one. */
function inRuns(words: Piece[]): Piece[] {
  const runs: Piece[] = []
  for (const { text, tone } of words) {
    const before = runs.at(-1)
    if (before?.tone === tone) before.text += text
    else runs.push({ text, tone })
  }
  return runs
}

/** Words and the spaces between them; a word longer than a row is cut into rows. */
function wordsOf({ text, tone }: Piece, terminal: Terminal, room: number): Word[] {
  return shownText(text, terminal)
    .split(/( +)/)
    .filter((word) => word !== '')
    .flatMap((word) => (word.startsWith(' ') ? [word] : cut(word, room)))
    .map((word) => ({ text: word, tone, isSpace: word.startsWith(' ') }))
}

function cut(word: string, room: number): string[] {
  const parts: string[] = []
  let part = ''
  for (const character of word) {
    if (columnsOf(part + character) > room) {
      parts.push(part)
      part = ''
    }
    part += character
  }
  return [...parts, part]
}

const STYLES: Record<Exclude<Tone, 'plain'>, Parameters<typeof styleText>[0]> = {
  strong: 'bold',
  good: 'green',
  bad: 'red',
  doubtful: 'yellow',
  faint: 'dim',
}

function tinted({ text, tone }: Piece, { colour }: Terminal): string {
  // Whether there is to be colour has been decided: node is not to decide it again by looking at its own stdout.
  return colour && tone !== 'plain' ? styleText(STYLES[tone], text, { validateStream: false }) : text
}
