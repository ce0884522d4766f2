import { X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import { execa } from 'execa'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { freePorts } from '../services/free-ports.ts'
import { eventually } from '../services/processes.ts'

const ROOT = join(import.meta.dirname, '../..')

let folder: string
let env: Record<string, string>
let ports: { api: number; http: number; https: number }
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mooring-standalone-'))
  // Closed to others, as mkdtemp leaves it, the database would go elsewhere; that is a test of its own below.
  await chmod(folder, 0o755)
  const [api, http, https] = (await freePorts(3)) as [number, number, number]
  ports = { api, http, https }
  env = {
    PATH: process.env['PATH'] ?? '',
    MOORING_DATA_DIR: join(folder, 'data'),
    PORT: String(api),
    MOORING_HTTP_PORT: String(http),
    MOORING_HTTPS_PORT: String(https),
  }
})
const running = new Set<{ stop(signal?: NodeJS.Signals): Promise<unknown> }>()
afterEach(async () => {
  // Only a test that failed leaves one.
  await Promise.all([...running].map((one) => one.stop('SIGTERM')))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** What `npm start` runs, in a process group of its own like a terminal's. */
function start(more: Record<string, string> = {}) {
  const child = execa(process.execPath, ['apps/standalone/src/main.ts'], {
    cwd: ROOT,
    env: { ...env, ...more },
    extendEnv: false,
    all: true,
    reject: false,
    stdin: 'ignore',
  })
  let output = ''
  child.all.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  const ended = child.then(({ exitCode, signal }) => {
    running.delete(started)
    return { exitCode, signal }
  })
  const started = {
    pid: Number(child.pid),
    output: () => output,
    /** The one line to copy; rejects at once when the process ends without it. */
    curlLine: () =>
      Promise.race([
        eventually(
          'the curl line is printed',
          () => output.split('\n').find((line) => line.startsWith('curl ')),
          60_000,
        ),
        ended.then(() => Promise.reject(new Error(`it ended: ${output}`))),
      ]),
    async stop(signal: NodeJS.Signals = 'SIGINT') {
      child.kill(signal)
      const late = sleep(15_000, null, { ref: false })
      const end = await Promise.race([ended, late])
      if (end === null) child.kill('SIGKILL')
      return end
    },
  }
  running.add(started)
  return started
}

/** Serial number of the certificate that is served for the name, without judging it. */
function servedSerial(hostname: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const socket = connect(
    { host: '127.0.0.1', port: ports.https, servername: hostname, rejectUnauthorized: false },
    () => {
      resolve(new X509Certificate(socket.getPeerCertificate().raw).serialNumber)
      socket.destroy()
    },
  )
  socket.once('error', reject)
  return promise
}

const runInShell = (line: string) => execa('/bin/sh', ['-c', `${line} --silent --show-error --fail`], { cwd: '/' })

test('a first start serves the demo site over HTTPS, and a second one goes on with the same certificate', async () => {
  const first = start()
  const line = await first.curlLine()
  expect(
    first
      .output()
      .split('\n')
      .filter((printed) => printed.startsWith('curl ')),
  ).toEqual([line])
  expect(first.output()).toMatch(/verify_ownership +done[\s\S]*active/)
  const [, hostname = ''] = /https:\/\/([^:/]+)/.exec(line) ?? []

  expect((await runInShell(line)).stdout).toContain(`It works: ${hostname}`)
  expect((await fetch(`http://127.0.0.1:${ports.api}/readyz`)).status).toBe(200)
  const serial = await servedSerial(hostname)

  expect(await first.stop()).toEqual({ exitCode: 0, signal: undefined })
  await expect(servedSerial(hostname)).rejects.toMatchObject({ code: 'ECONNREFUSED' })

  const second = start()
  expect(await second.curlLine()).toBe(line)
  expect((await runInShell(line)).stdout).toContain(`It works: ${hostname}`)
  expect(await servedSerial(hostname)).toBe(serial)
  expect(await second.stop('SIGTERM')).toEqual({ exitCode: 0, signal: undefined })
})

test('secrets are readable by their owner only, and the key that is printed as a place works', async () => {
  const mooring = start()
  await mooring.curlLine()
  for (const name of ['api-key', 'encryption-key', 'postgres-password', 'ca-key.pem']) {
    expect({ name, mode: (await stat(join(folder, 'data', name))).mode & 0o777 }).toEqual({ name, mode: 0o600 })
  }
  const key = (await readFile(join(folder, 'data/api-key'), 'utf8')).trim()
  const answer = await fetch(`http://127.0.0.1:${ports.api}/v1/domains`, {
    headers: { authorization: `Bearer ${key}` },
  })
  expect(answer.status).toBe(200)
  expect(mooring.output()).not.toContain(key)
  await mooring.stop()
})

test('a start after a kill finds everything as it was', async () => {
  const killed = start()
  const line = await killed.curlLine()
  await killed.stop('SIGKILL')

  const next = start()
  expect(await next.curlLine()).toBe(line)
  expect((await runInShell(line)).exitCode).toBe(0)
  expect(await next.stop()).toEqual({ exitCode: 0, signal: undefined })
})

test('a second Ctrl-C ends everything at once, the database too', async () => {
  const mooring = start()
  await mooring.curlLine()
  const again = setInterval(() => {
    try {
      process.kill(mooring.pid, 'SIGINT')
    } catch {
      clearInterval(again) // It is gone.
    }
  }, 100)
  await mooring.stop()
  clearInterval(again)
  const next = start()
  await next.curlLine()
  expect(await next.stop()).toEqual({ exitCode: 0, signal: undefined })
})

test('a port that is taken is told in a sentence, and so is a data folder in use', async () => {
  const mooring = start()
  await mooring.curlLine()

  const samePorts = start({ MOORING_DATA_DIR: join(folder, 'other') })
  expect(await samePorts.stop('SIGCONT')).toMatchObject({ exitCode: 1 })
  expect(samePorts.output()).toContain(`PORT: port ${ports.api} is taken by another program`)
  expect(samePorts.output()).not.toContain('    at ')

  const [api, http, https] = (await freePorts(3)).map(String) as [string, string, string]
  const sameFolder = start({ PORT: api, MOORING_HTTP_PORT: http, MOORING_HTTPS_PORT: https })
  expect(await sameFolder.stop('SIGCONT')).toMatchObject({ exitCode: 1 })
  expect(sameFolder.output()).toContain('Mooring already runs on')

  await mooring.stop()
})

test('without nginx the built-in server serves the site, and says that it does', async () => {
  const mooring = start({ MOORING_NGINX: 'no-such-nginx', MOORING_DATA_DIR: join(folder, 'built-in') })
  expect((await runInShell(await mooring.curlLine())).stdout).toContain('It works')
  expect(mooring.output()).toContain('nginx is not installed')
  expect(await mooring.stop()).toEqual({ exitCode: 0, signal: undefined })
})

test.runIf(process.getuid?.() === 0)(
  'below a folder that others may not enter, root’s database is kept elsewhere',
  async () => {
    const closed = join(folder, 'closed')
    await mkdir(closed, { mode: 0o700 })
    const data = join(closed, 'data')
    const mooring = start({ MOORING_DATA_DIR: data })
    const line = await mooring.curlLine()
    const elsewhere = (await readFile(join(data, 'postgres-folder'), 'utf8')).trim()
    expect(mooring.output()).toContain(`The database is in ${dirname(elsewhere)}`)
    await mooring.stop()

    const again = start({ MOORING_DATA_DIR: data })
    expect(await again.curlLine()).toBe(line)
    await again.stop()
    await rm(dirname(elsewhere), { recursive: true })
  },
)

test.runIf(existsSync(join(ROOT, '.git')))('nothing that git would see is left in the checkout', async () => {
  const before = await execa('git', ['status', '--porcelain'], { cwd: ROOT })
  const mooring = start({ MOORING_DATA_DIR: join(ROOT, '.mooring/of-a-test') })
  await mooring.curlLine()
  await mooring.stop()
  const after = await execa('git', ['status', '--porcelain'], { cwd: ROOT })
  await rm(join(ROOT, '.mooring/of-a-test'), { recursive: true, force: true })
  expect(after.stdout).toBe(before.stdout)
})
