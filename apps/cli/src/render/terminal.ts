/** What the place can show that a page is printed to. */
export interface Terminal {
  /** Columns that a line may fill. */
  width: number
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
  const columns = isTerminal ? (stream.columns ?? PAPER_WIDTH) : PAPER_WIDTH
  return {
    width: Math.min(WIDEST, Math.max(NARROWEST, columns)),
    unicode: /utf-?8/i.test(locale ?? ''),
    colour: isTerminal && options.color && !isDumb,
  }
}
