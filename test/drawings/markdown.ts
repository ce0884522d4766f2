/** A GitHub table; what would end a cell or a row is escaped, and lists go on in lines of their own. */
export function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

const cell = (text: string): string =>
  text
    .replaceAll('|', String.raw`\|`)
    .replaceAll(/(?:^|\s*\n)\s*- /g, '<br>')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/^<br>/, '')

export const code = (text: string): string => `\`${text}\``

/** The first lines of every page here: nobody mends a page that is written anew. */
export const generatedFrom = (source: string): string =>
  `<!-- Written by \`npm run docs\` from ${source}. Change that, not this. -->`

/** How GitHub names a heading in an address. */
export const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')

export const anchorsOf = (page: string): Set<string> =>
  new Set([...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchor(heading)))
