import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { Silence } from '../api/notice.ts'
import type { Page } from '../api/page.ts'
import { get, request } from '../api/request.ts'
import { useMay } from '../api/session.ts'
import { LIVE } from '../live/refresh-queries.ts'
import { AsyncView } from '../parts/async-view.tsx'
import { Card } from '../parts/card.tsx'
import { useConfirm } from '../parts/confirm.tsx'
import { When } from '../parts/when.tsx'
import { SilenceDialog } from './silence-dialog.tsx'

/** What is not told for a while: it is counted, and told in sum afterwards. */
export function SilenceCard() {
  const [isOpen, dialog] = useDisclosure()
  const maySilence = useMay('operator')
  const query = useQuery({
    queryKey: ['silences'],
    queryFn: ({ signal }) => get<Page<Silence>>('/v1/silences', signal),
    meta: LIVE.list,
  })
  return (
    <Card
      title="Silences"
      aside={
        maySilence && (
          <Button size="compact-xs" variant="default" onClick={dialog.open}>
            Add a silence
          </Button>
        )
      }
    >
      <AsyncView query={query}>
        {({ data }) =>
          data.length === 0 ? (
            <p className="soft">None is in force: everything is told.</p>
          ) : (
            <ul className="checks">
              {data.map((silence) => (
                <SilenceLine key={silence.id} silence={silence} />
              ))}
            </ul>
          )
        }
      </AsyncView>
      <SilenceDialog isOpen={isOpen} onClose={dialog.close} />
    </Card>
  )
}

function SilenceLine({ silence: { id, code, tenant, until, why, created_by: by } }: { silence: Silence }) {
  const confirm = useConfirm()
  const client = useQueryClient()
  const mayEnd = useMay('operator')
  const end = () =>
    confirm({
      title: 'End this silence?',
      body: 'What it held back is told.',
      verb: 'End it',
      async run(reason) {
        await request('DELETE', `/v1/silences/${encodeURIComponent(id)}`, { reason })
        await client.invalidateQueries({ queryKey: ['silences'] })
        return 'The silence is over.'
      },
    })
  return (
    <li>
      <div className="grow">
        <code>{code ?? 'Everything'}</code> {tenant !== null && <>of {tenant}</>} ends <When at={until} />
        <small className="under">
          {why} – {by}
        </small>
      </div>
      {mayEnd && (
        <Button
          size="compact-xs"
          variant="default"
          aria-label={`End the silence of ${code ?? 'everything'}`}
          onClick={end}
        >
          End
        </Button>
      )}
    </li>
  )
}
