import type { AuthorityAnswer, LimitsAnswer } from '../server/limits-answer.ts'
import { bucketRows, isOfNames } from './bucket-rows.ts'
import { momentOf, numeral } from './numeral.ts'
import { type Block, type Page, type Piece, type Tone, blank, heading, line, piece } from './page.ts'

/** What can be launched within the day, with which account, and which names stand back. */
export function limitsPage({ at, until, authorities }: LimitsAnswer): Page {
  if (authorities.length === 0) return [line([piece('No certificate authority is configured.')])]
  const span = `From ${momentOf(at)} to ${momentOf(until)}. Orders that wait already are counted in.`
  return [
    ...authorities.flatMap((authority, index) => [
      ...(index === 0 ? [] : [blank]),
      headline(authority, index === 0 ? '' : ' It is asked while those before it do not answer.'),
      blank,
      ...accountTable(authority, at),
      ...namesIn(authority, at),
    ]),
    blank,
    line([piece(span, 'faint')]),
  ]
}

function headline({ name, launches }: AuthorityAnswer, use: string): Block {
  const amount = launches === null ? 'any number of launches' : `${numeral(launches)} launches`
  const tone: Tone = launches === 0 ? 'bad' : 'good'
  const takes = [piece(name, 'strong'), piece(' takes '), piece(amount, tone), piece(' within the next 24 hours.')]
  return line([...takes, piece(use, 'faint')])
}

const COUNT_WIDTH = 12

function accountTable({ accounts }: AuthorityAnswer, at: string): Block[] {
  const widest = Math.max('Account'.length, ...accounts.map(({ name }) => name.length))
  const row = (tone: Tone, name: string, counts: string[], last: Piece): Block => {
    const cells = [name.padEnd(widest), ...counts.map((count) => count.padStart(COUNT_WIDTH))]
    return line([piece(`${cells.join('')}   `, tone), last], { indent: 2, hanging: 4 })
  }
  return [
    row('faint', 'Account', ['left now', 'in 24 h'], piece('the next one goes', 'faint')),
    ...accounts.map(({ name, left, launches, goes_at: goesAt }) =>
      row('plain', name, [left, launches].map(countOf), nextOne(goesAt, at)),
    ),
  ]
}

function nextOne(goesAt: string | null, at: string): Piece {
  if (goesAt === null) return piece('after somebody has acted', 'bad')
  return goesAt <= at ? piece('now', 'good') : piece(`at ${momentOf(goesAt)}`, 'doubtful')
}

const countOf = (count: number | null): string => (count === null ? 'unlimited' : numeral(count))

/** Accounts are in the table above; here are the domains and names of which some may not be launched. */
function namesIn({ buckets }: AuthorityAnswer, at: string): Page {
  const ofNames = buckets.filter(isOfNames)
  const waiting = ofNames.filter(({ left }) => left.launches === 0)
  const others = ofNames.filter(({ left }) => left.launches !== 0)
  return [...section('Names that have to wait', waiting, at), ...section('Names partly used up', others, at)]
}

/** More than somebody reads are for programs. */
const MOST_SHOWN = 20

function section(title: string, buckets: AuthorityAnswer['buckets'], at: string): Page {
  if (buckets.length === 0) return []
  const shown = buckets.slice(0, MOST_SHOWN).flatMap((bucket) => bucketRows(bucket, at))
  const hidden = buckets.length - MOST_SHOWN
  const more = hidden > 0 ? [line([piece(`and ${numeral(hidden)} more: --json`, 'faint')], { indent: 2 })] : []
  return [blank, heading(title), ...shown, ...more]
}
