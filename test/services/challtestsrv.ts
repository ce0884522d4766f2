import { Agent, request } from 'node:http'
import { freePorts } from './free-ports.ts'
import { startDaemon } from './daemon.ts'
import { provide, type Recipe, type Running } from './provide.ts'

/** A DNS server whose records the test sets, and a server of HTTP-01 answers. */
export interface Challtestsrv extends ChalltestRecords {
  /** `ip:port`, UDP and TCP. A name without records has no data; this server never answers NXDOMAIN. */
  dnsServer: string
  /** Where `addHttp01` answers are served, for any hostname. */
  http01Port: number
}

/** What it answers, as its management sets it. */
export interface ChalltestRecords {
  /** Replaces the name's addresses. */
  setA(name: string, addresses: string[]): Promise<void>
  setAAAA(name: string, addresses: string[]): Promise<void>
  setTXT(name: string, values: string[]): Promise<void>
  /** The server follows it itself, one level, and puts both records into the answer. */
  setCNAME(name: string, target: string): Promise<void>
  setCAA(name: string, policies: { tag: string; value: string }[]): Promise<void>
  /** Every question about the name fails until `clearServfail`. */
  setServfail(name: string): Promise<void>
  clearA(name: string): Promise<void>
  clearAAAA(name: string): Promise<void>
  clearTXT(name: string): Promise<void>
  clearCNAME(name: string): Promise<void>
  clearCAA(name: string): Promise<void>
  clearServfail(name: string): Promise<void>
  addHttp01(token: string, keyAuthorization: string): Promise<void>
  delHttp01(token: string): Promise<void>
}

export const startChalltestsrv = (): Promise<Running<Challtestsrv>> => provide(recipe)

const recipe: Recipe<Challtestsrv> = {
  name: 'pebble-challtestsrv',
  // Tests overwrite its records, so one that somebody else uses would not do.
  fromEnvironment: () => null,
  binaries: ['pebble-challtestsrv'],
  packages: ['pebble'],
  startLocal,
}

async function startLocal(paths: Record<string, string>): Promise<Running<Challtestsrv>> {
  const [dns, http, management] = await freePorts(3)
  const call = caller(`http://127.0.0.1:${management}`)
  const daemon = await startDaemon({
    program: String(paths['pebble-challtestsrv']),
    args: [
      `-dns01=127.0.0.1:${dns}`,
      `-http01=127.0.0.1:${http}`,
      `-management=127.0.0.1:${management}`,
      '-https01=',
      '-tlsalpn01=',
      // Otherwise every name would point to this machine.
      '-defaultIPv4=',
      '-defaultIPv6=',
    ],
    answers: () =>
      call('/clear-txt', { host: 'started.example.' }).then(
        () => true,
        () => false,
      ),
  })
  const address: Challtestsrv = {
    dnsServer: `127.0.0.1:${dns}`,
    http01Port: Number(http),
    ...records(call),
  }
  return { address, stop: daemon.stop }
}

type Call = (path: string, body: Record<string, unknown>) => Promise<void>

const keepAlive = new Agent({ keepAlive: true })

// Not `fetch`: the bench asks for every certificate, and counts the CPU of this process.
const caller =
  (origin: string): Call =>
  (path, body) =>
    new Promise((resolve, reject) => {
      const posting = request(`${origin}${path}`, { method: 'POST', agent: keepAlive }, (response) => {
        response.resume().on('end', () => {
          if (response.statusCode === 200) resolve()
          else reject(new Error(`challtestsrv answered ${response.statusCode} to ${path}`))
        })
      })
      posting.on('error', reject).end(JSON.stringify(body))
    })

/** For one that somebody else started. */
export const challtestRecordsAt = (managementUrl: string): ChalltestRecords => records(caller(managementUrl))

const absolute = (name: string): string => (name.endsWith('.') ? name : `${name}.`)

// Its "add" calls append, so each is preceded by the matching "clear".
function records(call: Call): ChalltestRecords {
  const clear = (type: string) => (name: string) => call(`/clear-${type}`, { host: absolute(name) })
  const addresses = (type: string) => async (name: string, values: string[]) => {
    await clear(type)(name)
    if (values.length > 0) await call(`/add-${type}`, { host: absolute(name), addresses: values })
  }
  return {
    setA: addresses('a'),
    setAAAA: addresses('aaaa'),
    setTXT: async (name, values) => {
      await clear('txt')(name)
      for (const value of values) await call('/set-txt', { host: absolute(name), value })
    },
    setCNAME: (name, target) => call('/set-cname', { host: absolute(name), target: absolute(target) }),
    setCAA: async (name, policies) => {
      await clear('caa')(name)
      await call('/add-caa', { host: absolute(name), policies })
    },
    setServfail: (name) => call('/set-servfail', { host: absolute(name) }),
    clearA: clear('a'),
    clearAAAA: clear('aaaa'),
    clearTXT: clear('txt'),
    clearCNAME: clear('cname'),
    clearCAA: clear('caa'),
    clearServfail: clear('servfail'),
    addHttp01: (token, content) => call('/add-http01', { token, content }),
    delHttp01: (token) => call('/del-http01', { token }),
  }
}
