import { type Check, type CheckId, type Diagnosis, type NextStep, REASONS } from '@mooring/core'
import { type Block, type Page, type Piece, type Tone, blank, copy, heading, line, piece } from './page.ts'

/**
 * A diagnosis for people: what is wrong in one sentence, what is needed beside what was found, every check, and at the
 * end, where the eye is when the command is through, what to type where. `source` says what it was compared with.
 */
export function diagnosisPage(diagnosis: Diagnosis, source: string): Page {
  return [
    ...headline(diagnosis),
    line([piece(source, 'faint')], { indent: 2 }),
    ...section('Needed and found', diagnosis.records.flatMap(recordRows)),
    ...section('Checks', diagnosis.checks.map(checkRow)),
    ...section('What to do', diagnosis.nextSteps.flatMap(stepRows)),
    ...(diagnosis.ok || diagnosis.zone !== null ? [] : OUT_OF_REACH),
  ]
}

const OUT_OF_REACH: Page = [
  blank,
  line([
    piece('The zone’s own servers may be out of reach from here: some networks let nobody ask DNS but themselves. '),
    piece('Try --dns with the resolver of this network, or another network.'),
  ]),
]

const section = (title: string, blocks: Block[]): Page =>
  blocks.length === 0 ? [] : [blank, heading(title), ...blocks]

/** A word beside each sign: colour and shape alone do not reach everybody. */
interface Mark {
  sign: string
  word: string
  tone: Tone
}

const CHECK_MARKS: Record<Check['status'], Mark> = {
  ok: { sign: '✓', word: 'ok', tone: 'good' },
  problem: { sign: '✗', word: 'wrong', tone: 'bad' },
  unknown: { sign: '?', word: 'unknown', tone: 'doubtful' },
  skipped: { sign: '–', word: 'skipped', tone: 'faint' },
}

const RECORD_MARKS: Record<Diagnosis['records'][number]['status'], Mark> = {
  ok: { sign: '✓', word: 'found', tone: 'good' },
  missing: { sign: '✗', word: 'missing', tone: 'bad' },
  mismatch: { sign: '✗', word: 'wrong', tone: 'bad' },
  unknown: { sign: '?', word: 'unknown', tone: 'doubtful' },
}

const WORD_WIDTH = 8

const marked = ({ sign, word, tone }: Mark): Piece[] => [piece(`${sign} ${word.padEnd(WORD_WIDTH)}`, tone)]

function headline({ hostname, checks, reason, ok }: Diagnosis): Page {
  const first = checks.find((check) => check.reason !== null && check.reason === reason)
  const { sign, tone } = CHECK_MARKS[ok ? 'ok' : (first?.status ?? 'unknown')]
  const title = [piece(`${sign} ${hostname}`, tone), piece(`: ${sentence({ checks, reason, ok })}`)]
  if (reason === null) return [line(title, { hanging: 2 })]
  const more = checks.filter(({ status }) => status === 'problem').length - 1
  const code = more > 0 ? `${reason.code}, and ${more} more below` : reason.code
  return [line(title, { hanging: 2 }), line([piece(code, 'faint')], { indent: 2 })]
}

function sentence({ checks, reason, ok }: Pick<Diagnosis, 'checks' | 'reason' | 'ok'>): string {
  if (reason !== null) return REASONS[reason.code].means
  const compared = checks.some(({ id, status }) => (id === 'ownership' || id === 'routing') && status !== 'skipped')
  if (!ok) return 'It could not be judged.'
  return compared ? 'All is well.' : 'Nothing is wrong in itself, but nobody said what it has to be.'
}

function recordRows({ type, name, value, status, observed }: Diagnosis['records'][number]): Block[] {
  const found = observed.length > 0 ? observed : [status === 'missing' ? 'nothing' : 'no answer']
  return [
    line([...marked(RECORD_MARKS[status]), piece(`${type} ${name}`)], { indent: 2, hanging: 12 }),
    compared('needed', value),
    ...found.map((each, index) => compared(index === 0 ? 'found' : '', each)),
  ]
}

const compared = (word: string, value: string): Block =>
  line([piece(word.padEnd(WORD_WIDTH), 'faint'), piece(value)], { indent: 4, hanging: 12 })

const CHECK_NAMES: Record<CheckId, string> = {
  zone: 'name servers',
  dnssec: 'DNSSEC',
  ownership: 'ownership',
  routing: 'where it leads',
  resolvers: 'seen by others',
  caa: 'CAA records',
  certificate: 'delegated proof',
  challenge_path_ipv6: 'HTTP over IPv6',
  challenge_path_ipv4: 'HTTP over IPv4',
}

const NAME_WIDTH = 16

/** The whole sentence of what is wrong, with its values, stands in what to do. */
function checkRow({ id, status, reason, detail }: Check): Block {
  const said = status === 'problem' && reason !== null ? REASONS[reason.code].means : detail
  return line([...marked(CHECK_MARKS[status]), piece(CHECK_NAMES[id].padEnd(NAME_WIDTH)), piece(said)], {
    indent: 2,
    hanging: 2 + 2 + WORD_WIDTH + NAME_WIDTH,
  })
}

const stepRows = ({ text, fields }: NextStep, index: number): Block[] => [
  line([piece(`${index + 1}. `), piece(text)], { indent: 2, hanging: 5 }),
  ...fields.map(({ label, value }) => copy(label, value, { indent: 5 })),
]
