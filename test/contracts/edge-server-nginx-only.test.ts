import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EdgeServer, type ServedRoute, parseHostname, parseRedirect } from '@mooring/core'
import { type NginxServerOptions, createNginxServer } from '@mooring/nginx'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { anEdgeCertificate } from '../builders/edge-certificate.ts'
import { anHttpRoute, anHttpsRoute, proxyTo, serviceOn } from '../builders/served-route.ts'
import { silentLog } from '../builders/silent-log.ts'
import { CORPUS_RULES, hostnameCases, targetCases } from '../corpus/read-corpus.ts'
import { freePorts } from '../services/free-ports.ts'
import { findNginx } from '../services/nginx.ts'
import { eventually } from '../services/processes.ts'
import { startRecordingSite } from '../services/recording-site.ts'
import { type Ports, visitHttp, visitHttps } from './edge-visit.ts'

describe('nginx under an agent', () => {
  let dir: string
  let ports: Ports
  let binary: string
  const servers: EdgeServer[] = []

  const make = (more: Partial<NginxServerOptions> = {}): EdgeServer => {
    const server = createNginxServer({
      ...ports,
      dir,
      binary,
      listenAddress: '127.0.0.1',
      publicHttpsPort: ports.httpsPort,
      controlPlaneUrl: new URL('http://127.0.0.1:9'),
      log: silentLog,
      ...more,
    })
    servers.push(server)
    return server
  }
  const start = async (more: Partial<NginxServerOptions> = {}) => {
    const server = make(more)
    await server.start()
    return server
  }
  const masterPid = async () => Number(await readFile(join(dir, 'nginx.pid'), 'utf8'))
  const errorLog = () => readFile(join(dir, 'logs', 'error.log'), 'utf8')

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mooring-edge-'))
    binary = await findNginx()
    const [httpPort, httpsPort] = (await freePorts(2)) as [number, number]
    ports = { httpPort, httpsPort }
  })
  afterEach(async () => {
    await servers.at(-1)?.stop()
    servers.length = 0
    await rm(dir, { recursive: true, force: true })
  })

  /** An nginx whose next successful test is followed by `sabotage`, before anything is reloaded. */
  async function sabotagedNginx(sabotage: string): Promise<string> {
    const path = join(dir, 'nginx-under-sabotage')
    await writeFile(
      path,
      `#!/bin/sh
${binary} "$@"
status=$?
case " $* " in *" -t "*)
  if [ $status = 0 ] && [ -f ${dir}/armed ]; then rm ${dir}/armed; ${sabotage}; fi ;;
esac
exit $status
`,
    )
    await chmod(path, 0o755)
    return path
  }
  const arm = () => writeFile(join(dir, 'armed'), '')

  it('goes on serving when its agent is killed, and is adopted by the next one', async () => {
    const route = await anHttpsRoute('kept.example.com')
    const first = await start()
    await first.apply([route], 1)
    const master = await masterPid()
    // The first agent is gone: nothing of it is used again.
    expect((await visitHttps(ports, 'kept.example.com')).serial).toBe(route.certificate?.serial)

    const second = await start()
    expect(await masterPid()).toBe(master)
    const next = await anHttpsRoute('next.example.com')
    expect(await second.apply([route, next], 2)).toEqual({ rejected: [] })
    expect((await visitHttps(ports, 'next.example.com')).serial).toBe(next.certificate?.serial)
    expect(await masterPid()).toBe(master)
  })

  it('is not reloaded by an adopting agent that has nothing new', async () => {
    const route = await anHttpsRoute('same.example.com')
    await (await start()).apply([route], 1)
    const workers = workersOf(await masterPid())
    await (await start()).apply([route], 1)
    expect(workersOf(await masterPid())).toEqual(workers)
  })

  it('is started with what it served last when it was killed', async () => {
    const route = await anHttpsRoute('again.example.com')
    const first = await start()
    await first.apply([route], 1)
    const killed = await masterPid()
    for (const pid of [killed, ...workersOf(killed)]) process.kill(pid, 'SIGKILL')
    await eventually('the port is free', async () =>
      visitHttp(ports, 'x.example.com').then(
        () => false,
        () => true,
      ),
    )

    await start()
    expect((await visitHttps(ports, 'again.example.com')).serial).toBe(route.certificate?.serial)
  })

  it('is started again by the next apply when it died under its agent', async () => {
    const route = await anHttpsRoute('risen.example.com')
    const server = await start()
    await server.apply([route], 1)
    const killed = await masterPid()
    for (const pid of [killed, ...workersOf(killed)]) process.kill(pid, 'SIGKILL')
    await eventually('the port is free', async () =>
      visitHttp(ports, 'x.example.com').then(
        () => false,
        () => true,
      ),
    )
    await server.apply([route], 1)
    expect((await visitHttps(ports, 'risen.example.com')).serial).toBe(route.certificate?.serial)
  })

  it('is rolled back to what it serves when it does not come to serve a generation in time', async () => {
    const [a, b] = [await anHttpsRoute('a.example.com'), await anHttpsRoute('b.example.com')]
    const server = await start({ proofTimeoutMs: 300 })
    await server.apply([a], 1)
    const master = await masterPid()
    process.kill(master, 'SIGSTOP')
    await expect(server.apply([a, b], 2)).rejects.toThrow(/not applied/)
    process.kill(master, 'SIGCONT')
    await expect(visitHttps(ports, 'b.example.com')).rejects.toThrow()
    expect((await visitHttps(ports, 'a.example.com')).serial).toBe(a.certificate?.serial)
    await server.apply([a, b], 3)
    expect((await visitHttps(ports, 'b.example.com')).serial).toBe(b.certificate?.serial)
  })

  it('finds the name at fault when a reload is refused silently, and serves the others', async () => {
    const good = await anHttpsRoute('good.example.com')
    const broken = await sabotagedNginx(`for f in ${dir}/certificates/bad.example.com/*; do echo broken > $f; done`)
    const server = await start({ binary: broken, certificates: 'at_reload' })
    await server.apply([good], 1)
    const [bad, better] = [await anHttpsRoute('bad.example.com'), await anHttpsRoute('better.example.com')]
    await arm()

    const { rejected } = await server.apply([good, better, bad], 2)

    expect(rejected).toMatchObject([{ domainId: bad.domainId }])
    expect(rejected[0]?.detail).toContain('PEM')
    expect((await visitHttps(ports, 'better.example.com')).serial).toBe(better.certificate?.serial)
    await expect(visitHttps(ports, 'bad.example.com')).rejects.toThrow()
  })

  it('rolls back a reload that is refused for no name’s fault, and says so', async () => {
    const a = await anHttpsRoute('a.example.com')
    const broken = await sabotagedNginx(`for f in ${dir}/generations/*/nginx.conf; do echo 'nonsense;' >> $f; done`)
    const server = await start({ binary: broken })
    await server.apply([a], 1)
    const current = execFileSync('readlink', [join(dir, 'current')])
    await arm()
    await expect(server.apply([a, await anHttpsRoute('b.example.com')], 2)).rejects.toThrow(/nonsense/)
    expect(execFileSync('readlink', [join(dir, 'current')])).toEqual(current)
    expect((await visitHttps(ports, 'a.example.com')).serial).toBe(a.certificate?.serial)
  })

  it('finds out by the handshake that a certificate cannot be read, and goes back to the last good one', async () => {
    await chmod(dir, 0o711)
    const folder = join(dir, 'certificates', 'bad.example.com')
    const broken = await sabotagedNginx(`echo broken > "${folder}/$(ls -t ${folder} | head -n 1)"`)
    const server = await start({ binary: broken, certificates: 'per_handshake' })
    const before = await anHttpsRoute('bad.example.com')
    await server.apply([before], 1)
    const [after, good] = [
      await anHttpsRoute('bad.example.com', { domainId: before.domainId }),
      await anHttpsRoute('good.example.com'),
    ]
    await arm()

    const { rejected } = await server.apply([after, good], 2)

    expect(rejected).toMatchObject([{ domainId: before.domainId, generation: after.generation }])
    expect(rejected[0]?.detail).toContain('handshake')
    expect((await visitHttps(ports, 'bad.example.com')).serial).toBe(before.certificate?.serial)
    expect((await visitHttps(ports, 'good.example.com')).serial).toBe(good.certificate?.serial)
  })

  it('mends the files of a served name that somebody deleted', async () => {
    const a = await anHttpsRoute('a.example.com')
    const server = await start({ certificates: 'at_reload' })
    await server.apply([a], 1)
    await rm(join(dir, 'certificates', 'a.example.com'), { recursive: true })
    const b = await anHttpsRoute('b.example.com')
    expect(await server.apply([a, b], 2)).toEqual({ rejected: [] })
    expect((await visitHttps(ports, 'a.example.com')).serial).toBe(a.certificate?.serial)
    expect((await visitHttps(ports, 'b.example.com')).serial).toBe(b.certificate?.serial)
  })

  it('serves names of 253 bytes, several at once', async () => {
    const label = 'a'.repeat(60)
    const names = ['b', 'c', 'd'].map((first) => `${first.repeat(58)}.${label}.${label}.${label}.example.com`)
    const routes = await Promise.all(names.map((name) => anHttpsRoute(name)))
    expect(names.map(({ length }) => length)).toEqual([253, 253, 253])
    const wild = await anHttpsRoute(`*.${names[0]?.slice(2)}`)
    const server = await start()
    expect(await server.apply([...routes, wild], 1)).toEqual({ rejected: [] })
    expect((await visitHttps(ports, wild.hostname.replace('*', 'x'))).serial).toBe(wild.certificate?.serial)
    for (const { hostname, certificate } of routes) {
      expect((await visitHttps(ports, hostname)).serial).toBe(certificate?.serial)
    }
  })

  it('takes every hostname and redirect that the parsers accept without a word', async () => {
    const names = new Set(
      hostnameCases().flatMap(({ input }) => {
        const answer = parseHostname(input, CORPUS_RULES.hostnames)
        return answer.ok ? [answer.value] : []
      }),
    )
    const inputs = [
      ...targetCases().flatMap(({ target }) => (target.type === 'redirect' ? [target.url] : [])),
      ...fc.sample(fc.webUrl({ withQueryParameters: true, withFragments: true }), 200),
    ]
    const urls = inputs.flatMap((input) => {
      const answer = parseRedirect(input)
      return answer.ok ? [answer.value.href] : []
    })
    const routes: ServedRoute[] = [
      ...[...names].map((hostname) => anHttpRoute(hostname, { action: proxyTo(9) })),
      ...urls.map((url, i) => anHttpRoute(`r${i}.example.com`, { action: { type: 'redirect', url, status: 301 } })),
    ]
    const server = await start()
    expect(await server.apply(routes, 1)).toEqual({ rejected: [] })
    const answers = await Promise.all(urls.map((_, i) => visitHttp(ports, `r${i}.example.com`)))
    expect(answers.map(({ headers }) => headers.location)).toEqual(urls)
    expect(await errorLog()).toBe('')
  })

  it('is never given a name twice, while names move between domains and wildcards', async () => {
    const server = await start()
    const [first, second, wild] = [
      await anHttpsRoute('moves.example.com'),
      await anHttpsRoute('moves.example.com'),
      await anHttpsRoute('*.example.com'),
    ]
    const early = anHttpRoute('moves.example.com')
    for (const routes of [[first], [second, first, wild], [first, second], [wild, second], [wild, early], [wild]]) {
      await server.apply(routes, 1)
      const served = routes
        .toSorted((a, b) => b.generation - a.generation)
        .find(({ hostname }) => !hostname.startsWith('*'))
      const visit = visitHttps(ports, 'moves.example.com')
      if (served === early) await expect(visit).rejects.toThrow()
      else expect((await visit).serial).toBe((served ?? wild).certificate?.serial)
    }
    expect(await errorLog()).toBe('')
  })

  it('writes no vhost again for a service’s other servers, and serves a last good one whose service is gone', async () => {
    const site = await startRecordingSite()
    try {
      const server = await start()
      const { action, service } = serviceOn('shops', 9)
      const route = await anHttpsRoute('shop.example.com', { action })
      await server.apply([route], 1, [service])
      const before = await readdir(join(dir, 'sites-available'))
      await server.apply([route], 2, [serviceOn('shops', site.port).service])
      expect(await readdir(join(dir, 'sites-available'))).toEqual(before)
      expect((await visitHttps(ports, 'shop.example.com')).status).toBe(200)

      const broken = await anHttpsRoute('shop.example.com', {
        domainId: route.domainId,
        certificate: await anEdgeCertificate('x.example.com'),
      })
      expect((await server.apply([broken], 3, [])).rejected).toMatchObject([{ domainId: route.domainId }])
      expect((await visitHttps(ports, 'shop.example.com')).status).toBe(200)
      // The next agent does not know the servers any more; nginx goes on serving the name.
      const next = await start()
      expect((await next.apply([broken], 4, [])).rejected).toMatchObject([{ domainId: route.domainId }])
      const { status, serial } = await visitHttps(ports, 'shop.example.com')
      expect([status, serial]).toEqual([502, route.certificate?.serial])
    } finally {
      await site.stop()
    }
  })

  it('keeps keys to their owner, and no more generations than it can go back to', async () => {
    const server = await start()
    for (let i = 0; i < 6; i += 1) await server.apply([await anHttpsRoute('turns.example.com')], i)
    await eventually('what is not needed is gone', async () => {
      const pems = await readdir(join(dir, 'certificates', 'turns.example.com'))
      return pems.length <= 3 && (await readdir(join(dir, 'generations'))).length <= 3
    })
    const modes = execFileSync('find', [join(dir, 'certificates'), '-type', 'f', '-printf', '%m\n']).toString()
    expect(new Set(modes.trim().split('\n'))).toEqual(new Set(['600']))
  })

  it('refuses a folder whose name nginx would read as its own', () => {
    expect(() => make({ dir: '/tmp/a$b' })).toThrow(/characters/)
    servers.pop()
  })
})

function workersOf(master: number): number[] {
  const out = execFileSync('sh', ['-c', `cat /proc/${master}/task/${master}/children`]).toString()
  return out.trim().split(' ').filter(Boolean).map(Number)
}
