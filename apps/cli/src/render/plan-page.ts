import type { Done } from '../apply/carry-out.ts'
import type { AnyStep, Step } from '../apply/compare.ts'
import { numeral } from './numeral.ts'
import { type Page, type Piece, type Tone, line, piece } from './page.ts'

type Tense = 'planned' | 'done'

const WORDS: Record<Step['kind'], { mark: string; tone: Tone; planned: string; done: string }> = {
  create: { mark: '+', tone: 'good', planned: 'to create', done: 'created' },
  change: { mark: '~', tone: 'doubtful', planned: 'to change', done: 'changed' },
  restore: { mark: '~', tone: 'doubtful', planned: 'to restore', done: 'restored' },
  delete: { mark: '-', tone: 'bad', planned: 'to delete', done: 'deleted' },
  conflict: { mark: '!', tone: 'bad', planned: 'in conflict', done: 'in conflict' },
  nothing: { mark: ' ', tone: 'faint', planned: 'as wanted', done: 'as wanted' },
}

/** What would be done. What is as it is wanted is only counted. */
export function planPage(steps: AnyStep[]): Page {
  return [
    ...steps.filter(({ kind }) => kind !== 'nothing').map((step) => row(step, detailOf(step))),
    ...sums(steps, 'planned'),
  ]
}

/** What was done. */
export function donePage(done: Done[]): Page {
  const refused = done.filter(({ refusal }) => refusal !== null).map(({ step }) => step)
  const well = done.filter(({ refusal }) => refusal === null).map(({ step }) => step)
  return [
    ...done.flatMap(({ step, refusal }) => (refusal === null ? [] : [row(step, refusal)])),
    ...sums(well, 'done', refused),
  ]
}

function row(step: AnyStep, detail: string) {
  const { mark, tone } = WORDS[step.kind]
  const [before, name, after] =
    'service' in step
      ? ['service ', step.service, '']
      : ['', step.hostname, step.tenant === 'default' ? '' : ` of ${step.tenant}`]
  const more = detail === '' ? '' : `  ${detail.replaceAll(/\s+/g, ' ')}`
  return line([piece(`${mark} ${before}`, tone), piece(name, 'strong'), piece(after), piece(more)], { hanging: 4 })
}

function detailOf(step: AnyStep): string {
  if ('service' in step && step.kind === 'create') return `${step.wanted.scheme} to ${step.wanted.servers.join(', ')}`
  if (step.kind === 'change') return `${step.fields.join(', ')} differ`
  return step.kind === 'conflict' ? `${step.fields.join(', ')} cannot be changed` : ''
}

/** Of services, if there are any, and of domains. */
function sums(well: AnyStep[], tense: Tense, refused: AnyStep[] = []): Page {
  const ofService = (step: AnyStep) => 'service' in step
  const ofDomain = (step: AnyStep) => !ofService(step)
  const sumOf = (fits: (step: AnyStep) => boolean) => sum(well.filter(fits), tense, refused.filter(fits).length)
  const all = [...well, ...refused]
  const services = all.some(ofService) ? [line([piece('Services: '), sumOf(ofService)])] : []
  return services.length > 0 && !all.some(ofDomain) ? services : [...services, line([sumOf(ofDomain)])]
}

function sum(steps: AnyStep[], tense: Tense, refused: number): Piece {
  const counts = Object.entries(WORDS).flatMap(([kind, words]) => {
    const count = steps.filter((step) => step.kind === kind).length
    return count === 0 ? [] : [`${numeral(count)} ${words[tense]}`]
  })
  const all = refused === 0 ? counts : [...counts, `${numeral(refused)} refused`]
  return piece(all.length === 0 ? 'Nothing is wanted.' : `${all.join(', ')}.`, refused === 0 ? 'plain' : 'bad')
}
