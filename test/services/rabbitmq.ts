import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { GenericContainer, Wait } from 'testcontainers'
import { type Daemon, startDaemon } from './daemon.ts'
import { freePorts } from './free-ports.ts'
import { provide, type Recipe, type Running } from './provide.ts'

export interface RabbitMQ {
  /** `amqp://guest:guest@127.0.0.1:port`: no path, so the virtual host is `/`. */
  url: string
  /** Runs `rabbitmqctl` against this broker and returns what it printed. Rejects for a broker somebody else runs. */
  ctl(...args: string[]): Promise<string>
  /** The broker's own process, to be stopped and continued; null where it is not ours (environment, Docker). */
  pid: number | null
}

/** A RabbitMQ of one's own: 4–8 s to start, nothing left behind by `stop`. */
export const startRabbitMQ = (): Promise<Running<RabbitMQ>> => provide(recipe)

const recipe: Recipe<RabbitMQ> = {
  name: 'RabbitMQ',
  fromEnvironment: () => {
    const url = process.env['AMQP_URL_FOR_TESTS']
    if (url === undefined) return null
    const ctl = () => Promise.reject(new Error('The broker of AMQP_URL_FOR_TESTS is not ours to control.'))
    return { url, ctl, pid: null }
  },
  // Not Debian's wrappers of the same names in /usr/sbin: as root they switch to the user `rabbitmq` and its folders.
  binaries: ['rabbitmq-server', 'rabbitmqctl', 'epmd'],
  searchIn: ['/usr/lib/rabbitmq/bin'],
  packages: ['rabbitmq-server'],
  startLocal,
  startInDocker,
}

async function startLocal(paths: Record<string, string>): Promise<Running<RabbitMQ>> {
  const folder = await mkdtemp(join(tmpdir(), 'mooring-rabbitmq-'))
  const [amqpPort, distPort, epmdPort] = (await freePorts(3)) as [number, number, number]
  const env = settings({ folder, amqpPort, distPort, epmdPort })
  await writeFile(join(folder, '.erlang.cookie'), randomBytes(16).toString('hex'), { mode: 0o400 })
  await writeFile(env.RABBITMQ_ENABLED_PLUGINS_FILE, '[].\n')
  await writeFile(env.RABBITMQ_CONFIG_FILE, 'log.file.level = warning\n')

  const daemons: Daemon[] = []
  const stop = async () => {
    for (const daemon of daemons.toReversed()) await daemon.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    // epmd is ours as well: one that Erlang starts by itself outlives the broker, as a daemon nobody ends.
    const epmd = ['-port', String(epmdPort), '-address', '127.0.0.1']
    const epmdAnswers = () => answers(epmdPort, NAMES_REQUEST)
    daemons.push(await startDaemon({ program: String(paths['epmd']), args: epmd, env, answers: epmdAnswers }))
    const broker = await startDaemon({
      program: String(paths['rabbitmq-server']),
      args: [],
      env,
      answers: () => answers(amqpPort, PROTOCOL_HEADER),
      startMs: 60_000,
    })
    daemons.push(broker)
    await expectPid(broker, env.RABBITMQ_PID_FILE)
    const ctl = async (...args: string[]) =>
      (await execa(String(paths['rabbitmqctl']), ['--quiet', ...args], { env, stdin: 'ignore' })).stdout
    return { address: { url: `amqp://guest:guest@127.0.0.1:${amqpPort}`, ctl, pid: broker.pid }, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

type Ports = Record<'amqpPort' | 'distPort' | 'epmdPort', number>

/** Everything the broker would otherwise share with another one on this machine; loopback only. */
function settings({ folder, amqpPort, distPort, epmdPort }: Ports & { folder: string }) {
  const erlang = '-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}'
  return {
    HOME: folder,
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `mooring-${amqpPort}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(amqpPort),
    RABBITMQ_DIST_PORT: String(distPort),
    // Where rabbitmqctl listens while it runs: any free port.
    RABBITMQ_CTL_DIST_PORT_MIN: '1024',
    RABBITMQ_CTL_DIST_PORT_MAX: '65535',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: erlang,
    RABBITMQ_CTL_ERL_ARGS: erlang,
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'none'),
    // The start script then becomes the broker (`exec`), instead of a shell that waits for it.
    RUNNING_UNDER_SYSTEMD: 'true',
  }
}

/** A shell in between would be ended and frozen in the broker's place. */
async function expectPid(broker: Daemon, pidFile: string): Promise<void> {
  const pid = Number.parseInt(await readFile(pidFile, 'utf8'), 10)
  if (pid === broker.pid) return
  process.kill(pid, 'SIGKILL')
  throw new Error(`rabbitmq-server started the broker as process ${pid} of its own; expected it to be ${broker.pid}.`)
}

// AMQP 0-9-1 §4.2.2: the broker answers with Connection.Start, once it serves.
const PROTOCOL_HEADER = Buffer.from('AMQP\0\0\x09\x01')
// https://www.erlang.org/doc/apps/erts/erl_dist_protocol.html#epmd-protocol: NAMES_REQ.
const NAMES_REQUEST = Buffer.from('\0\x01n')

/** Whether whoever listens says anything in return. An open port alone does not mean that it serves. */
function answers(port: number, greeting: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 2000 }, () => socket.write(greeting))
    const settle = (answered: boolean) => {
      socket.destroy()
      resolve(answered)
    }
    // A port in the ephemeral range may connect to itself, and then hears its own greeting.
    socket.once('data', (data) => settle(!data.equals(greeting)))
    for (const event of ['error', 'timeout', 'end']) socket.once(event, () => settle(false))
  })
}

async function startInDocker(): Promise<Running<RabbitMQ>> {
  const container = await new GenericContainer('rabbitmq:4')
    .withExposedPorts(5672)
    // Otherwise `guest` may come from the container's own loopback only.
    .withEnvironment({ RABBITMQ_DEFAULT_USER: 'mooring', RABBITMQ_DEFAULT_PASS: 'mooring' })
    .withWaitStrategy(Wait.forLogMessage(/Server startup complete/))
    .start()
  const ctl = async (...args: string[]) => {
    const { exitCode, output } = await container.exec(['rabbitmqctl', '--quiet', ...args])
    if (exitCode !== 0) throw new Error(`rabbitmqctl ${args[0]}: ${output}`)
    return output
  }
  const url = `amqp://mooring:mooring@${container.getHost()}:${container.getMappedPort(5672)}`
  const stop = async () => void (await container.stop())
  return { address: { url, ctl, pid: null }, stop }
}
