import type { BucketAnswer } from '../server/limits-answer.ts'
import { momentOf, numeral } from './numeral.ts'
import { type Block, type Piece, copy, line, piece } from './page.ts'

const WORDS: Record<string, string> = {
  certificates_of_domain: 'certificates of the registered domain',
  exact_set: 'certificates of exactly this name',
  failed_validations: 'failed validations',
}

/** Whether it counts for some names, and not for an account as a whole. */
export const isOfNames = ({ bucket }: BucketAnswer): boolean => bucket in WORDS

/** The name, and below it what of it is limited and until when. */
export function bucketRows(bucket: BucketAnswer, at: string): Block[] {
  const title = line([piece(bucket.key, 'strong')], { indent: 2 })
  if (bucket.unpause_url !== null) return [title, ...paused(bucket.unpause_url, bucket)]
  const what = WORDS[bucket.bucket] ?? bucket.bucket
  return [title, line([piece(`${what}: `), ...standing(bucket, at)], { indent: 4 })]
}

function paused(url: string, { failures }: BucketAnswer): Block[] {
  const after = failures === 0 ? '' : ` after ${numeral(failures)} failed validations in a row`
  return [
    line([piece('paused', 'bad'), piece(`${after}. Unpause it there, then retry the domain:`)], { indent: 4 }),
    copy('Address', url, { indent: 4 }),
  ]
}

function standing({ left, failures, waiting_until: until, launches }: BucketAnswer, at: string): Piece[] {
  const waiting = until === null ? '' : `, behind others until ${momentOf(until)}`
  const failed = failures === 0 ? '' : `, ${numeral(failures)} in a row`
  if (left.launches !== 0) {
    return [piece(left.launches === null ? 'no limit is known' : `${numeral(left.launches)} left`), piece(failed)]
  }
  const { goes_at: goesAt } = launches
  const next = goesAt === null || goesAt <= at ? 'used up' : `the next launch at ${momentOf(goesAt)}`
  return [piece(next, 'doubtful'), piece(`${waiting}${failed}`)]
}
