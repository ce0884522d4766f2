import { describe, expect, test } from 'vitest'
import { freePorts } from '../services/free-ports.ts'
import { runMoor } from '../services/moor.ts'
import { useMoorServer } from '../builders/moor-server.ts'

const HOSTNAME = 'shop.example.com'

const { database, environment, moor } = useMoorServer()

const add = () => moor('domains', 'add', HOSTNAME, '--redirect', 'https://www.example.org/')

describe('moor domains', () => {
  test('a domain is launched, shown, listed and let go', async () => {
    const added = await add()
    expect(added).toMatchObject({ exitCode: 0, stderr: '' })
    expect(added.stdout).toContain(`${HOSTNAME} is pending.`)
    expect(added.stdout).toMatch(/^ *Host +_mooring-challenge\.shop\.example\.com$/m)

    const shown = await moor('domains', 'show', HOSTNAME, '--json')
    expect(JSON.parse(shown.stdout)).toMatchObject({ hostname: HOSTNAME, state: 'pending' })

    const listed = await moor('domains', 'list', '--state', 'pending')
    expect(listed.stdout).toMatch(/^shop\.example\.com +pending/m)

    const left = await moor('domains', 'delete', HOSTNAME, '--immediate')
    expect(left).toMatchObject({ exitCode: 0, stderr: '' })
    expect(left.stdout).toContain(`${HOSTNAME} is deprovisioning.`)
  })

  test('what may not be done is refused in the server’s words', async () => {
    await add()
    const { exitCode, stdout, stderr } = await moor('domains', 'resume', HOSTNAME)
    expect(exitCode).toBe(1)
    expect(stderr).toContain('does not allow this')
    expect(stdout).toBe('')
  })

  test('fields that are not valid are named, as wrong usage', async () => {
    const { exitCode, stderr } = await moor('domains', 'add', 'shop', '--to', 'ftp://192.0.2.7')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('hostname: A full name with at least two labels is needed.')
    expect(stderr).toContain('target.url:')
  })

  test('watching ends with the domain', async () => {
    await add()
    await moor('domains', 'delete', HOSTNAME, '--immediate')
    await database().pool.query("update domains set state = 'deprovisioned'")
    expect(await moor('domains', 'watch', HOSTNAME)).toMatchObject({ exitCode: 0 })
  })

  test('a wrong key and a server that is away are told apart', async () => {
    const refused = await runMoor(['domains', 'list'], { ...environment(), MOORING_API_KEY: 'x'.repeat(32) })
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('The API key is not known.') })
    const [closed] = await freePorts(1)
    const silent = await runMoor(['domains', 'list'], {
      ...environment(),
      MOORING_API_URL: `http://127.0.0.1:${closed}`,
    })
    expect(silent).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('cannot be reached') })
  })

  test('a key is not sent in clear text to another machine', async () => {
    const { exitCode, stderr } = await runMoor(['domains', 'list'], {
      ...environment(),
      MOORING_API_URL: 'http://api.example',
    })
    expect(exitCode).toBe(2)
    expect(stderr).toContain('clear text')
  })

  test('without a server, says what to set', async () => {
    const { exitCode, stderr } = await runMoor(['domains', 'list'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('MOORING_API_URL')
  })
})

test('moor doctor compares a hostname with what the server expects of it', async () => {
  await add()
  const [closed] = await freePorts(1)
  const { stdout } = await moor('doctor', HOSTNAME, '--dns', `127.0.0.1:${closed}`)
  const domain = JSON.parse((await moor('domains', 'show', HOSTNAME, '--json')).stdout)
  expect(stdout).toContain(`Compared with what ${new URL(environment().MOORING_API_URL).host} expects`)
  const needed = stdout.replaceAll(/\s+/g, ' ')
  for (const { type, name, value } of domain.dns.records) {
    expect(needed).toContain(`${type} ${name} needed ${value}`)
  }
})
