import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNginxServer } from '@mooring/nginx'
import { runForLeader } from '@mooring/postgres'
import { schedulerReadiness } from '@mooring/scheduler'
import { edgeReadiness } from '@mooring/edge-agent'
import { workerReadiness } from '@mooring/worker'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { silentLog } from '../builders/silent-log.ts'
import { freePorts } from '../services/free-ports.ts'
import { findNginx } from '../services/nginx.ts'
import { eventually } from '../services/processes.ts'
import { usePostgres } from '../services/test-database.ts'

const { database, openAnother } = usePostgres()
const broker = (isUp: boolean) => ({ isHealthy: () => isUp })
const answering = async () => {}
const away = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7:5432'))

describe('a worker', () => {
  const { signal } = new AbortController()

  it('is ready while it can claim and is handed hints', async () => {
    const ready = await workerReadiness({ queue: broker(true), stopping: signal, ping: answering })()
    expect(ready.status).toBe('ok')
  })

  it.each([
    ['its database is away', { ping: away }, 'database'],
    ['its broker is away', { queue: broker(false) }, 'broker'],
    ['it drains', { stopping: AbortSignal.abort() }, 'work'],
  ])('is not ready when %s, and says so without an address', async (_why, more, check) => {
    const parts = { queue: broker(true), stopping: signal, ping: answering, ...more }
    const { status, checks } = await workerReadiness(parts)()
    expect(status).toBe('not_ready')
    expect(Object.entries(checks).flatMap(([name, { ok }]) => (ok ? [] : [name]))).toEqual([check])
    expect(JSON.stringify(checks)).not.toContain('10.0.0.7')
  })

  it('answers although its database never does', { timeout: 10_000 }, async () => {
    const parts = { queue: broker(true), stopping: signal, ping: () => new Promise(() => {}) }
    const { status, checks } = await workerReadiness(parts)()
    expect([status, checks['database']?.found]).toEqual(['not_ready', 'no answer within 3 s'])
  })
})

describe('a scheduler', () => {
  const candidate = () =>
    runForLeader({
      database: openAnother(),
      candidacyMs: 20,
      probeMs: 50,
      lead: async (signal) => void (signal.aborted || (await once(signal, 'abort'))),
    })
  const ready = (scheduler: Parameters<typeof schedulerReadiness>[0]['scheduler'], isUp = true) =>
    schedulerReadiness({ scheduler, queue: broker(isUp), ping: () => database().pool.query('select 1') })()

  it('is ready as the leader and as one that stands by, and says which', async () => {
    const both = [candidate(), candidate()]
    try {
      const found = await eventually('one leads and both were heard', async () => {
        const offices = await Promise.all(both.map(async (one) => (await ready(one)).checks['office']))
        return offices.every((office) => office?.ok) && offices.some((office) => office?.found === 'leading')
          ? offices
          : null
      })
      expect(new Set(found.map((office) => office?.found))).toEqual(new Set(['leading', 'standing by']))
    } finally {
      await Promise.all(both.map((one) => one.stop()))
    }
  })

  it('keeps being heard while it leads', async () => {
    const leader = candidate()
    try {
      await eventually('it leads', () => leader.isLeading())
      const first = leader.heardAt()?.getTime() ?? 0
      await eventually('it was heard again', () => (leader.heardAt()?.getTime() ?? 0) > first)
    } finally {
      await leader.stop()
    }
  })

  it('is not ready before it was heard, nor long after', async () => {
    expect((await ready({ isLeading: () => false, heardAt: () => null })).status).toBe('not_ready')
    const before = { isLeading: () => true, heardAt: () => new Date(Date.now() - 16_000) }
    const { status, checks } = await ready(before)
    expect([status, checks['office']?.found]).toEqual(['not_ready', 'not answered for 16 s'])
  })

  it('goes on without the broker, which is told as a fact', async () => {
    const fresh = { isLeading: () => true, heardAt: () => new Date() }
    expect(await ready(fresh, false)).toMatchObject({
      status: 'ok',
      checks: { broker: { ok: false, required: false } },
    })
  })
})

describe('an edge', () => {
  const agent = { isReady: () => true, heardAt: () => new Date(), progress: () => ({ applied: 7, wanted: 7 }) }
  const serving = { isServing: async () => true }

  it('is ready when it has caught up and its server serves that', async () => {
    expect((await edgeReadiness(agent, serving)()).status).toBe('ok')
    expect((await edgeReadiness({ ...agent, isReady: () => false }, serving)()).status).toBe('not_ready')
  })

  it('stays ready without the control plane, and with a change it cannot apply: all that it has is served', async () => {
    const cut = {
      ...agent,
      heardAt: () => new Date(Date.now() - 3_600_000),
      progress: () => ({ applied: 7, wanted: 9 }),
    }
    expect(await edgeReadiness(cut, serving)()).toMatchObject({
      status: 'ok',
      checks: {
        control_plane: { ok: false, found: 'answered 3600 s ago', required: false },
        generation: { ok: false, found: '7 applied, 9 wanted', required: false },
      },
    })
  })

  it('is not ready when its nginx was killed', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'mooring-readyz-'))
    const [httpPort, httpsPort] = (await freePorts(2)) as [number, number]
    const server = createNginxServer({
      dir,
      binary: await findNginx(),
      httpPort,
      httpsPort,
      listenAddress: '127.0.0.1',
      publicHttpsPort: httpsPort,
      controlPlaneUrl: new URL('http://127.0.0.1:9'),
      log: silentLog,
    })
    const ready = edgeReadiness(agent, server)
    expect((await ready()).status).toBe('not_ready')
    await server.start()
    try {
      expect((await ready()).status).toBe('ok')
      const master = Number(await readFile(join(dir, 'nginx.pid'), 'utf8'))
      process.kill(master, 'SIGTERM')
      await eventually('nginx is gone', async () => (await ready()).status === 'not_ready')
      expect((await ready()).checks['server']).toMatchObject({ ok: false, required: true })
    } finally {
      await server.stop()
      await rm(dir, { recursive: true, force: true })
    }
  })
})
