import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { METRICS, createMeter } from '@mooring/runtime'
import { execa } from 'execa'
import { describe, expect, it } from 'vitest'
import { PROMETHEUS_FOLDER, boardExpressions, findPrometheus } from '../services/prometheus.ts'

const rules = () => readFile(join(PROMETHEUS_FOLDER, 'alerts.yml'), 'utf8')

/** `_bucket` and its like belong to a histogram; what Node tells of the process has names of its own. */
async function unknownMetrics(text: string): Promise<string[]> {
  const meter = createMeter()
  meter.measureProcess()
  const ofProcess = [...(await meter.text()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => String(name))
  const known = new Set<string>([...Object.keys(METRICS), ...ofProcess])
  const named = [...text.matchAll(/\bmooring_[a-z0-9_]+/g)].map(([name]) => name.replace(/_(bucket|sum|count)$/, ''))
  expect(named.length).toBeGreaterThan(10)
  return [...new Set(named.filter((name) => !known.has(name)))]
}

describe('the alert rules', () => {
  it('are valid, and tell what their tests say at the right time', async () => {
    const { promtool } = await findPrometheus()
    const cwd = PROMETHEUS_FOLDER
    expect((await execa(promtool, ['check', 'rules', 'alerts.yml'], { cwd, all: true })).all).toContain('SUCCESS')
    expect((await execa(promtool, ['test', 'rules', 'alerts.test.yml'], { cwd, all: true })).all).toContain('SUCCESS')
    expect(
      (await execa(promtool, ['check', 'config', '--syntax-only', 'prometheus.yml'], { cwd, all: true })).exitCode,
    ).toBe(0)
  })

  it('name no metric that nothing measures', async () => {
    expect(await unknownMetrics(await rules())).toEqual([])
  })

  it('say what is wrong and what to do, each of them', async () => {
    const each = (await rules()).split('- alert:').slice(1)
    expect(each.length).toBeGreaterThan(15)
    for (const rule of each) {
      expect(rule).toMatch(/summary: \S/)
      expect(rule).toMatch(/action: \S/)
      expect(rule).toMatch(/severity: (page|ticket)/)
    }
  })
})

describe('the board', () => {
  it('names no metric that nothing measures', async () => {
    expect(await unknownMetrics((await boardExpressions()).map(({ expression }) => expression).join('\n'))).toEqual([])
  })

  it('shows every metric there is', async () => {
    const shown = (await boardExpressions()).map(({ expression }) => expression).join('\n')
    expect(Object.keys(METRICS).filter((name) => !new RegExp(`\\b${name}(_bucket)?\\b`).test(shown))).toEqual([])
  })
})

it('no metric has a label for something that has no bound', () => {
  const labels = new Set(Object.values(METRICS).flatMap(({ labels }): readonly string[] => labels))
  for (const unbounded of ['hostname', 'domain', 'domain_id', 'tenant', 'url', 'path', 'key', 'account']) {
    expect(labels).not.toContain(unbounded)
  }
})
