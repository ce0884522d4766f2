import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { domainPage } from '../render/domain-page.ts'
import { aheadOf } from '../render/span.ts'
import { domainSchema } from '../server/domain-answer.ts'
import { at, callCommand } from './call-command.ts'
import type { ChangeOptions } from './command.ts'
import { group } from './command.ts'
import { listCommand } from './list-command.ts'
import { option } from './option.ts'

const certificateSchema = z.object({
  hostname: z.string(),
  issuer: z.string(),
  not_after: z.string(),
  renew_at: z.string(),
  urgency: z.string().nullable(),
  reason: z.object({ code: z.string() }).nullable(),
})

type ImportOptions = ChangeOptions & { chain: string; key: string }

/** `moor certificates …`: those that end first first. */
export const certificatesCommand = group('certificates', 'See the certificates, or bring a customer’s own.', [
  listCommand({
    description: 'list certificates, those that end first first',
    path: () => '/v1/certificates',
    filters: [
      option('--status <status>', 'issued unless said otherwise'),
      option('--expires-before <time>', 'such as 2027-01-31T00:00:00Z'),
    ],
    row: certificateSchema,
    columns: (now) => [
      { title: 'Hostname', show: ({ hostname }) => hostname },
      { title: 'Ends', show: ({ not_after: end }) => aheadOf(end, now) },
      { title: 'Renewal', show: ({ renew_at: renewAt }) => aheadOf(renewAt, now) },
      { title: 'Issuer', show: ({ issuer }) => issuer },
      { title: 'Trouble', show: ({ urgency, reason }) => [urgency, reason?.code].filter(Boolean).join(' ') },
    ],
    none: 'No certificate fits.',
  }),
  callCommand<z.output<typeof domainSchema>, ImportOptions>({
    name: 'import',
    description: 'use a certificate of the customer’s own',
    args: [['<hostname>', 'or the id of a domain']],
    options: [
      option('--chain <file>', 'PEM, the name’s own certificate first').makeOptionMandatory(),
      option('--key <file>', 'PEM, not encrypted').makeOptionMandatory(),
    ],
    async call([hostname], { chain, key }) {
      const body = { chain_pem: await contentOf(chain), key_pem: await contentOf(key) }
      return { method: 'POST', path: `${at('/v1/domains', hostname)}/certificate`, body }
    },
    answer: domainSchema,
    page: domainPage,
  }),
])

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    throw new Failure(EXIT.usage, `${file} cannot be read.`)
  }
}
