/** What the place can show that a page is printed to. */
export interface Terminal {
  /** Columns that prose may fill. */
  width: number
  /** Columns that there are: for tables, which a file takes however wide they are. */
  columns: number
  /** False: ASCII only. */
  unicode: boolean
  colour: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

const PAPER_WIDTH = 80
/** Below, words would be broken; above, the eye loses the line. */
const NARROWEST = 40
const WIDEST = 100

/**
 * Colour only on a terminal, and not under `NO_COLOR` (no-color.org: any value that is not empty). The character set is
 * the locale's (POSIX: LC_ALL before LC_CTYPE before LANG); a machine that names none gets ASCII.
 */
export function describeTerminal(
  stream: { isTTY?: boolean; columns?: number },
  env: Environment,
  options: { color: boolean },
): Terminal {
  const isTerminal = stream.isTTY === true
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((value) => value !== undefined && value !== '')
  const isDumb = env['TERM'] === 'dumb' || (env['NO_COLOR'] ?? '') !== ''
  // A terminal that does not know its size says 0.
  const columns = Math.max(NARROWEST, (isTerminal && stream.columns) || PAPER_WIDTH)
  return {
    width: Math.min(WIDEST, columns),
    columns: isTerminal ? columns : Infinity,
    unicode: /utf-?8/i.test(locale ?? ''),
    colour: isTerminal && options.color && !isDumb,
  }
}
