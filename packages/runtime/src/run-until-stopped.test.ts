import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, expect, test, vi } from 'vitest'

// Each test starts a Node process, which takes seconds on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 })

// Exit codes and signals belong to a process, so each test runs one.
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

function run(body: string) {
  const script = `
    import { ConfigError, createLogger, runUntilStopped } from '@mooring/runtime'
    const log = createLogger({ name: 'test' })
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
    const ready = () => { setInterval(() => {}, 1000); console.log('ready') }
    ${body}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: import.meta.dirname })
  children.push(child)
  let output = ''
  const seen = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => output.includes(text) && resolve()
      child.stdout.on('data', look)
      child.once('close', () => reject(new Error(`ended without "${text}": ${output}`)))
      look()
    })
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').prependListener('data', (chunk) => (output += chunk))
  const exit = once(child, 'close').then(([code]: (number | null)[]) => ({ code, output }))
  return { child, seen, exit }
}

test.each(['SIGTERM', 'SIGINT'] as const)('%s stops what was started and exits with 0', async (signal) => {
  const { child, seen, exit } = run(`
    await runUntilStopped(async () => { ready(); return { stop: async () => { await wait(50); console.log('let go') } } }, log)`)
  await seen('ready')
  child.kill(signal)
  const { code, output } = await exit
  expect({ code, letGo: output.includes('let go') }).toEqual({ code: 0, letGo: true })
})

test('a signal during the start stops what was started once it stands', async () => {
  const { child, seen, exit } = run(`
    await runUntilStopped(async () => { ready(); await wait(200); return { stop: async () => console.log('let go') } }, log)`)
  await seen('ready')
  child.kill('SIGTERM')
  expect(await exit).toMatchObject({ code: 0, output: expect.stringContaining('let go') })
})

test('a second signal ends a stop that hangs', async () => {
  const { child, seen, exit } = run(`
    await runUntilStopped(async () => { ready(); return { stop: () => { console.log('hanging'); return new Promise(() => {}) } } }, log)`)
  await seen('ready')
  child.kill('SIGINT')
  await seen('hanging')
  const again = setInterval(() => child.kill('SIGINT'), 50)
  expect(await exit).toMatchObject({ code: 130 })
  clearInterval(again)
})

test('a signal that arrives twice within one keystroke stops gracefully', async () => {
  const { child, seen, exit } = run(`
    await runUntilStopped(async () => { ready(); return { stop: async () => { await wait(50); console.log('let go') } } }, log)`)
  await seen('ready')
  child.kill('SIGINT')
  await seen('stopping')
  child.kill('SIGINT')
  expect(await exit).toMatchObject({ code: 0, output: expect.stringContaining('let go') })
})

test('a stop that takes too long is cut short', async () => {
  const { child, seen, exit } = run(`
    await runUntilStopped(async () => { ready(); return { stop: () => new Promise(() => {}) } }, log, { graceMs: 50 })`)
  await seen('ready')
  child.kill('SIGTERM')
  expect(await exit).toMatchObject({ code: 1 })
})

test('a bad configuration is told plainly, with exit code 2', async () => {
  const { exit } = run(`await runUntilStopped(async () => { throw new ConfigError(['PORT: expected a port']) }, log)`)
  expect(await exit).toEqual({ code: 2, output: 'The configuration has a problem:\n  PORT: expected a port\n' })
})

test('a taken port is told in a sentence, without a stack', async () => {
  const { exit } = run(`
    import { createServer } from 'node:net'
    const listen = (port) => new Promise((resolve, reject) => {
      const server = createServer().once('error', reject).listen(port, '127.0.0.1', () => resolve(server))
    })
    const first = await listen(0)
    await runUntilStopped(async () => ({ stop: async () => (await listen(first.address().port)).close() }).stop(), log)`)
  const { code, output } = await exit
  expect(code).toBe(1)
  expect(output).toMatch(/^Port \d+ on 127\.0\.0\.1 is taken by another program\. .*\n$/)
})
