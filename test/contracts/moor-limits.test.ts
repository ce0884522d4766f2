import { LETS_ENCRYPT } from '@mooring/core'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { runMoor } from '../services/moor.ts'
import { useMoorServer } from '../builders/moor-server.ts'

const LIMITS = [
  { ca: 'acme', accounts: ['acme', 'acme/2'], limits: LETS_ENCRYPT },
  { ca: 'other', accounts: ['other'], limits: {} },
]

const { database, moor } = useMoorServer({ limits: LIMITS })

const inWords = ({ stdout }: { stdout: string }) => stdout.replaceAll(/\s+/g, ' ')

describe('moor limits', () => {
  test('says what can be launched today, with each account', async () => {
    const said = await moor('limits')
    expect(said).toMatchObject({ exitCode: 0, stderr: '' })
    expect(said.stdout).toContain('acme takes 5,220 launches within the next 24 hours.')
    expect(said.stdout).toMatch(/^ {2}acme +210 +2,610 +now$/m)
    expect(said.stdout).toMatch(/^ {2}acme\/2 +210 +2,610 +now$/m)
    expect(said.stdout).toContain('other takes any number of launches')
    expect(Math.max(...said.stdout.split('\n').map((row) => row.length))).toBeLessThanOrEqual(80)
  })

  test('names what has to wait, until when, and what a person has to do', async () => {
    await sql`
      insert into ca_budgets (ca, bucket, key, tat, line, unpause_url, failures) values
        ('acme', 'new_orders', 'acme', now() + interval '126 minutes', now() + interval '5 minutes', null, 0),
        ('acme', 'certificates_of_domain', 'example.com', now() + interval '117.6 hours', 'epoch', null, 0),
        ('acme', 'exact_set', 'www.example.org', now() + interval '1 hour', 'epoch', null, 0),
        ('acme', 'failed_validations', 'shop.example.net', 'epoch', 'epoch', 'https://ca.example/unpause?id=1', 7)
    `.execute(database().kysely)
    const said = inWords(await moor('limits'))
    expect(said).toContain('acme takes 5,010 launches')
    expect(said).toMatch(/acme 0 2,400 at 2\d{3}-\d\d-\d\dT[\d:]+Z acme\/2 210 2,610 now/)
    expect(said).toMatch(/example\.com certificates of the registered domain: the next launch at 2\d{3}-/)
    expect(said).toContain(
      'shop.example.net paused after 7 failed validations in a row. Unpause it there, then retry the domain: Address https://ca.example/unpause?id=1',
    )
    expect(said).toContain('www.example.org certificates of exactly this name: 2 left')
  })

  test('hands on the server’s answer to programs', async () => {
    const { stdout, exitCode } = await moor('limits', '--json')
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout).authorities[0]).toMatchObject({ name: 'acme', launches: 5220, buckets: [] })
  })

  test('without a server, says what to set', async () => {
    const { exitCode, stderr } = await runMoor(['limits'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('MOORING_API_URL')
  })
})
