import { BULK_ACTIONS, DEAD_LETTER_ACTIONS } from '@mooring/core'
import { z } from 'zod'
import { domainFilters, jobFilters } from './schemas.ts'

const dryRun = z.boolean().default(false).describe('Changes nothing: the answer says what would be.')

const JOB_ACTIONS = ['retry', 'check', 'cancel', ...DEAD_LETTER_ACTIONS] as const

export const bulkJobsSchema = z
  .strictObject({
    action: z
      .enum(JOB_ACTIONS)
      .describe(
        [
          '- `retry`: failed domains go on where they failed',
          '- `check`: looks at each now',
          '- `cancel`: launches that never became active are given up',
          '- `replay`: dead letters that can be read are removed, and their domains hinted again',
          '- `discard`: dead letters are removed',
        ].join('\n'),
      ),
    filter: z.strictObject(jobFilters).describe('As in the list.'),
    dry_run: dryRun,
  })
  .superRefine(({ action, filter: { kind } }, context) => {
    const isOfLetters = DEAD_LETTER_ACTIONS.some((one) => one === action)
    if (kind === undefined || isOfLetters === (kind === 'dead')) return
    context.addIssue({ code: 'custom', path: ['action'], message: `Jobs of the kind ${kind} do not take ${action}.` })
  })
  .meta({ id: 'BulkJobs' })

/** Without a condition they would take everybody's site away. */
const NEED_A_FILTER: readonly string[] = ['suspend', 'delete', 'cancel']

export const bulkDomainsSchema = z
  .strictObject({
    action: z.enum(BULK_ACTIONS),
    filter: z.strictObject(domainFilters).describe('As in the list.'),
    dry_run: dryRun,
  })
  .superRefine(({ action, filter }, context) => {
    if (!NEED_A_FILTER.includes(action) || Object.values(filter).some((value) => value !== undefined)) return
    const message = `To ${action} all domains, one condition at least has to say which.`
    context.addIssue({ code: 'custom', path: ['filter'], message, params: { code: 'REQUIRED' } })
  })
  .meta({ id: 'BulkDomains' })

export const bulkAnswerSchema = z
  .object({
    matched: z.int(),
    applied: z.int(),
    skipped: z
      .array(z.object({ code: z.enum(['WRONG_STATE', 'CHANGED', 'MESSAGE_NOT_READABLE']), count: z.int() }))
      .describe('What matched and was left as it is. `CHANGED`: it does not match any more.'),
  })
  .meta({ id: 'BulkAnswer' })
