/**
 * What open streams of events cost the API: `node test/bench/event-streams.ts [streams] [events per second] [seconds]`.
 * Under 15 s, the time limit of a statement. The database is PostgreSQL's own process, and the readers are another one: only the API's CPU is counted.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { startApi } from '@mooring/api'
import { openDatabase } from '@mooring/postgres'
import { ADMIN_KEY, apiDependencies } from '../builders/api-under-test.ts'
import { silentLog } from '../builders/silent-log.ts'
import { storeDomain } from '../builders/stored-domain.ts'
import { createTestDatabase, startPostgres } from '../services/postgres.ts'

const [streams = 200, perSecond = 50, seconds = 14] = process.argv.slice(2).map(Number)

if (process.send === undefined) await measure()
else readStreams(String(process.env['API_URL']))

async function measure(): Promise<void> {
  const postgres = await startPostgres()
  const { url, drop } = await createTestDatabase(postgres)
  const database = openDatabase({ url, log: silentLog })
  const api = await startApi({ ...apiDependencies(database).dependencies, host: '127.0.0.1', port: 0 })
  const { domain } = await storeDomain(database, { state: 'active', step: 'reverify' })
  const readers = fork(import.meta.filename, process.argv.slice(2), { env: { ...process.env, API_URL: api.url } })
  await once(readers, 'message')

  // Written by the server itself, so that writing costs this process nothing.
  const writing = database.pool
    .query(
      `do $$ begin
       for n in 1..${perSecond * seconds} loop
         insert into events (domain_id, type, actor, data)
         values ('${domain.id}', 'domain.verified', 'mooring', '{"from": "verifying", "after": "verify_routing"}');
         commit;
         perform pg_sleep(${1 / perSecond});
       end loop;
     end $$`,
    )
    .catch(() => undefined)
  const cpu = process.cpuUsage()
  const began = performance.now()
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  const { user, system } = process.cpuUsage(cpu)
  const share = (user + system) / 1000 / (performance.now() - began)
  await Promise.race([writing, new Promise((resolve) => setTimeout(resolve, 5_000))])
  readers.send('how many?')
  const [{ heard }] = (await once(readers, 'message')) as [{ heard: number }]
  console.log(`${streams} streams, ${perSecond} events/s asked for, ${seconds} s:`)
  console.log(
    `  ${(share * 100).toFixed(1)} % of a core; ${heard} events heard, ${(heard / streams / seconds).toFixed(1)}/s on each`,
  )
  readers.disconnect()
  readers.kill()
  await api.stop()
  await database.close()
  await drop()
  await postgres.stop()
}

function readStreams(url: string): void {
  let heard = 0
  let open = 0
  const headers = { authorization: `Bearer ${ADMIN_KEY}` }
  for (let n = 0; n < streams; n++) {
    request(`${url}/v1/events`, { headers }, (response) => {
      response.setEncoding('latin1')
      response.on('data', (text: string) => (heard += text.split('event: ').length - 1))
      response.on('error', () => {})
      response.once('data', () => ++open === streams && process.send?.({ open }))
    })
      .on('error', () => {})
      .end()
  }
  process.on('message', () => process.send?.({ heard }))
}
