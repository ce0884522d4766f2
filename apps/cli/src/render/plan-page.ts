import type { Done } from '../apply/carry-out.ts'
import type { Step } from '../apply/compare.ts'
import { numeral } from './numeral.ts'
import { type Page, type Tone, line, piece } from './page.ts'

const WORDS: Record<Step['kind'], { mark: string; tone: Tone; planned: string; done: string }> = {
  create: { mark: '+', tone: 'good', planned: 'to create', done: 'created' },
  change: { mark: '~', tone: 'doubtful', planned: 'to change', done: 'changed' },
  restore: { mark: '~', tone: 'doubtful', planned: 'to restore', done: 'restored' },
  delete: { mark: '-', tone: 'bad', planned: 'to delete', done: 'deleted' },
  conflict: { mark: '!', tone: 'bad', planned: 'in conflict', done: 'in conflict' },
  nothing: { mark: ' ', tone: 'faint', planned: 'as wanted', done: 'as wanted' },
}

/** What would be done. Domains that are as they are wanted are only counted. */
export function planPage(steps: Step[]): Page {
  return [
    ...steps.filter(({ kind }) => kind !== 'nothing').map((step) => row(step, detailOf(step))),
    sum(steps, 'planned'),
  ]
}

/** What was done. */
export function donePage(done: Done[]): Page {
  const refused = done.filter(({ refusal }) => refusal !== null)
  return [
    ...refused.map(({ step, refusal }) => row(step, refusal ?? '')),
    sum(
      done.filter(({ refusal }) => refusal === null).map(({ step }) => step),
      'done',
      refused.length,
    ),
  ]
}

function row(step: Step, detail: string) {
  const { mark, tone } = WORDS[step.kind]
  const of = step.tenant === 'default' ? '' : ` of ${step.tenant}`
  const more = detail === '' ? '' : `  ${detail.replaceAll(/\s+/g, ' ')}`
  return line([piece(`${mark} `, tone), piece(step.hostname, 'strong'), piece(of), piece(more)], { hanging: 4 })
}

function detailOf(step: Step): string {
  if (step.kind === 'change') return `${step.fields.join(', ')} differ`
  return step.kind === 'conflict' ? `${step.fields.join(', ')} cannot be changed` : ''
}

function sum(steps: Step[], tense: 'planned' | 'done', refused = 0) {
  const counts = Object.entries(WORDS).flatMap(([kind, words]) => {
    const count = steps.filter((step) => step.kind === kind).length
    return count === 0 ? [] : [`${numeral(count)} ${words[tense]}`]
  })
  const all = refused === 0 ? counts : [...counts, `${numeral(refused)} refused`]
  return line([piece(all.length === 0 ? 'Nothing is wanted.' : `${all.join(', ')}.`, refused === 0 ? 'plain' : 'bad')])
}
