/**
 * What a command says, before it is known on what it will be shown. Pieces hold text as it came: `printPage` alone turns
 * it into something that a terminal may be given.
 */
export type Page = Block[]

export type Block =
  | { kind: 'blank' }
  /** Prose or a row of a table, wrapped; its second line and those after it begin at column `hanging`. */
  | { kind: 'line'; pieces: Piece[]; indent: number; hanging: number }
  /** As wide as the place it is printed to. */
  | { kind: 'table'; columns: TableColumn[]; rows: Piece[][] }
  /** What is to be typed elsewhere: never broken, so that it can be copied. */
  | { kind: 'copy'; label: string; value: string; indent: number }

export interface TableColumn {
  title: string
  align?: 'right'
}

export interface Piece {
  text: string
  tone: Tone
}

/** `plain` text, what matters, what is good, bad or in doubt, and what may be skipped. */
export type Tone = 'plain' | 'strong' | 'good' | 'bad' | 'doubtful' | 'faint'

export const blank: Block = { kind: 'blank' }

export const piece = (text: string, tone: Tone = 'plain'): Piece => ({ text, tone })

export const heading = (text: string): Block => line([piece(text, 'strong')])

export function line(pieces: Piece[], margins: { indent?: number; hanging?: number } = {}): Block {
  const indent = margins.indent ?? 0
  return { kind: 'line', pieces, indent, hanging: margins.hanging ?? indent }
}

export const copy = (label: string, value: string, { indent = 0 } = {}): Block => ({
  kind: 'copy',
  label,
  value,
  indent,
})
