import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { freePorts } from './free-ports.ts'
import { eventually } from './processes.ts'
import { type Recipe, provide } from './provide.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Files for Prometheus that ship with Mooring. */
export const PROMETHEUS_FOLDER = join(ROOT, 'deploy/prometheus')

/** Debian's package brings both, and would start a server of its own. */
export const findPrometheus = async (): Promise<{ prometheus: string; promtool: string }> =>
  (await provide(recipe)).address

const recipe: Recipe<{ prometheus: string; promtool: string }> = {
  name: 'prometheus',
  fromEnvironment: () => null,
  binaries: ['prometheus', 'promtool'],
  packages: ['prometheus'],
  startLocal: async ({ prometheus = '', promtool = '' }) => ({
    address: { prometheus, promtool },
    stop: async () => {},
  }),
}

export interface Alert {
  name: string
  /** `pending`: what it asks is so now, not yet for long enough. */
  state: 'inactive' | 'pending' | 'firing'
  health: string
}

/** A Prometheus that scrapes these every half second, with the rules that ship. */
export async function startPrometheus(targets: string[], token: string) {
  const { prometheus } = await findPrometheus()
  const dir = await mkdtemp(join(tmpdir(), 'mooring-prometheus-'))
  const [port] = await freePorts(1)
  const config = {
    global: { scrape_interval: '500ms', scrape_timeout: '500ms', evaluation_interval: '500ms' },
    rule_files: [join(PROMETHEUS_FOLDER, 'alerts.yml')],
    scrape_configs: [{ job_name: 'mooring', authorization: { credentials: token }, static_configs: [{ targets }] }],
  }
  // YAML is a superset of JSON.
  await writeFile(join(dir, 'prometheus.yml'), JSON.stringify(config))
  const options = {
    'config.file': join(dir, 'prometheus.yml'),
    'storage.tsdb.path': join(dir, 'data'),
    'web.listen-address': `127.0.0.1:${port}`,
    'query.lookback-delta': '5s',
  }
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`)
  const child = execa(prometheus, args, { reject: false, stdin: 'ignore', all: true, buffer: false })
  const url = `http://127.0.0.1:${port}`
  await eventually('Prometheus is ready', async () => (await fetch(`${url}/-/ready`)).ok)

  const ask = async (path: string): Promise<{ status: string; error?: string; data: Record<string, unknown> }> =>
    (await (await fetch(`${url}${path}`)).json()) as never
  return {
    /** What a query finds now; throws what Prometheus has against it. */
    async query(expression: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]> {
      const { status, error, data } = await ask(`/api/v1/query?query=${encodeURIComponent(expression)}`)
      if (status !== 'success') throw new Error(`${expression}: ${error}`)
      return data['result'] as never
    },
    async alerts(): Promise<Alert[]> {
      const { data } = await ask('/api/v1/rules')
      return (data['groups'] as { rules: Alert[] }[]).flatMap(({ rules }) => rules)
    },
    async stop() {
      child.kill('SIGTERM')
      await child
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** The expressions of the board that ships, by panel. */
export async function boardExpressions(): Promise<{ panel: string; expression: string }[]> {
  const board = JSON.parse(await readFile(join(ROOT, 'deploy/grafana/mooring.json'), 'utf8')) as {
    panels: { title: string; targets?: { expr: string }[] }[]
  }
  return board.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ panel: title, expression: expr.replaceAll('$__rate_interval', '1m') })),
  )
}
