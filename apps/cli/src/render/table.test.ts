import { expect, it } from 'vitest'
import { printPage } from './print-page.ts'
import { type Column, table } from './table.ts'

type Row = { name: string; count: number; note: string }
const COLUMNS: Column<Row>[] = [
  { title: 'Name', show: ({ name }) => name },
  { title: 'Count', show: ({ count }) => String(count), align: 'right' },
  { title: 'Note', show: ({ note }) => note },
]
const print = (rows: Row[]) =>
  printPage(table(COLUMNS, rows, 'None.'), { width: 40, columns: 40, unicode: true, colour: false })

it('cells stand below their titles, wide characters too; a long note is wrapped below its row', () => {
  expect(
    print([
      { name: 'ab', count: 5, note: '' },
      { name: '漢字', count: 1234, note: 'a note that is longer than the row has room' },
    ]),
  ).toBe(`Name  Count  Note
ab        5
漢字   1234  a note that is longer than
  the row has room
`)
})

it('a long cell has a column of its width where there is room, and pushes its own row aside where there is none', () => {
  const rows = [
    { name: 'a-name.of-forty-eight.characters.in.all.example.com', count: 5, note: 'x' },
    { name: 'b.example', count: 12, note: 'y' },
  ]
  const at = (columns: number) =>
    printPage(table(COLUMNS, rows, ''), { width: 40, columns, unicode: true, colour: false }).split('\n')
  for (const columns of [120, Infinity]) {
    expect(at(columns)).toEqual([
      'Name                                                 Count  Note',
      'a-name.of-forty-eight.characters.in.all.example.com      5  x',
      'b.example                                               12  y',
      '',
    ])
  }
  expect(at(58)).toEqual([
    'Name                                      Count  Note',
    'a-name.of-forty-eight.characters.in.all.example.com      5',
    '  x',
    'b.example                                    12  y',
    '',
  ])
})

it('nothing is said in words', () => {
  expect(print([])).toBe('None.\n')
})
