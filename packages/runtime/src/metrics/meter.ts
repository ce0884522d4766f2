import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import { type Definition, type LabelsOf, METRICS, type MetricName, type NameOf } from './definitions.ts'

/** What one process measures. Counting costs a map look-up; everything that has to be asked for is asked at a scrape. */
export interface Meter {
  count<Name extends NameOf<'counter'>>(name: Name, labels: LabelsOf<Name>, by?: number): void
  set<Name extends NameOf<'gauge'>>(name: Name, labels: LabelsOf<Name>, value: number): void
  /** In seconds. */
  observe<Name extends NameOf<'histogram'>>(name: Name, labels: LabelsOf<Name>, seconds: number): void
  /** Sets all of a gauge: what is not among the values is gone. */
  replace<Name extends NameOf<'gauge'>>(name: Name, values: { labels: LabelsOf<Name>; value: number }[]): void
  /** Calls `look` before each scrape. What it throws fails no scrape: it has to say in a metric that it failed. */
  onScrape(look: () => void | Promise<void>): void
  /** Prometheus' text format. */
  text(): Promise<string>
  /** Adds what Node tells of the process itself: CPU, memory, event loop. */
  measureProcess(): void
}

export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE

// From a query to a certificate authority that takes its time.
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** A registry of its own: two in one process, as in tests, do not meet. */
export function createMeter(): Meter {
  const registry = new Registry()
  const looks: (() => void | Promise<void>)[] = []
  const counters = new Map<MetricName, Counter>()
  const gauges = new Map<MetricName, Gauge>()
  const histograms = new Map<MetricName, Histogram>()

  const counterOf = (name: MetricName) =>
    madeOnce(counters, name, (options) => new Counter({ ...options, registers: [registry] }))
  const gaugeOf = (name: MetricName) =>
    madeOnce(gauges, name, (options) => new Gauge({ ...options, registers: [registry] }))
  const histogramOf = (name: MetricName) =>
    madeOnce(histograms, name, (options) => new Histogram({ ...options, buckets: SECONDS, registers: [registry] }))

  return {
    count: (name, labels, by = 1) => counterOf(name).inc(labels, by),
    set: (name, labels, value) => gaugeOf(name).set(labels, value),
    observe: (name, labels, seconds) => histogramOf(name).observe(labels, seconds),
    replace(name, values) {
      const gauge = gaugeOf(name)
      gauge.reset()
      // An unlabelled gauge that is reset is 0, which nobody measured.
      if (values.length === 0) gauge.remove({})
      for (const { labels, value } of values) gauge.set(labels, value)
    },
    onScrape: (look) => void looks.push(look),
    async text() {
      await Promise.allSettled(looks.map(async (look) => look()))
      return registry.metrics()
    },
    measureProcess: () => collectDefaultMetrics({ register: registry, prefix: 'mooring_' }),
  }
}

function madeOnce<Metric>(
  made: Map<MetricName, Metric>,
  name: MetricName,
  make: (options: { name: string; help: string; labelNames: string[] }) => Metric,
): Metric {
  const known = made.get(name)
  if (known !== undefined) return known
  const { help, labels }: Definition = METRICS[name]
  const metric = make({ name, help, labelNames: [...labels] })
  made.set(name, metric)
  return metric
}
