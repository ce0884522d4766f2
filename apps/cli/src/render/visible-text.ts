/**
 * What comes out of DNS, HTTP or a server may be written by an attacker, and a terminal obeys what it is shown: ESC
 * moves the cursor and renames the window, and marks of direction make a line read as another. So every character that
 * is not plainly visible is spelled out, such as `\x1b` or `\u{202e}`.
 */
const UNSHOWABLE = /[^\p{L}\p{N}\p{P}\p{S} ]|[\p{Default_Ignorable_Code_Point}\u2800\u3164\uffa0]/gu

/** Twice what a TXT value of this product needs: beyond that, nobody reads it. */
const MAX_LENGTH = 400

/** One line of text that is safe to show, at most `max` characters of it. */
function visibleText(text: string, max = MAX_LENGTH): string {
  const bounded = text.length > max ? `${text.slice(0, max)}…` : text
  return bounded.replace(UNSHOWABLE, spelledOut)
}

function spelledOut(character: string): string {
  const code = character.codePointAt(0) ?? 0
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}

const IN_ASCII: Record<string, string> = {
  '’': "'",
  '‘': "'",
  '“': '"',
  '”': '"',
  '…': '...',
  '✓': '+',
  '✗': 'x',
  '–': '-',
  '—': '-',
  '→': '->',
  '›': '>',
  '·': '|',
  '×': 'x',
  '§': 'section ',
}

/** For terminals that show nothing but ASCII. */
const asciiText = (text: string): string =>
  text.replace(/[^\x20-\x7e]/gu, (character) => IN_ASCII[character] ?? spelledOut(character))

const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\uff01-\uff60]/gu

/** One line of text as the terminal can show it. */
export function shownText(text: string, { unicode }: { unicode: boolean }, max?: number): string {
  const visible = visibleText(text, max)
  return unicode ? visible : asciiText(visible)
}

/** How many columns of a terminal visible text takes. */
export const columnsOf = (text: string): number => Array.from(text).length + (text.match(WIDE)?.length ?? 0)
