import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DAY } from '@mooring/core'
import type { Scenario } from './scenario.ts'
import { type Plot, svgPlot } from './svg-plot.ts'
import { DAYS_LEFT, type Tally } from './tally.ts'

/** Writes the plots of a run and returns their paths. Throws what the file system throws. */
export function writePlots(scenario: Scenario, tally: Tally, folder: string): string[] {
  mkdirSync(folder, { recursive: true })
  return Object.entries(plotsOf(scenario, tally)).map(([name, plot]) => {
    const path = join(folder, `${name}.svg`)
    writeFileSync(path, svgPlot(plot))
    return path
  })
}

function plotsOf(scenario: Scenario, { daily }: Tally): Record<string, Plot> {
  const events = eventsOf(scenario)
  const both = (preferred: ArrayLike<number>, fallback: ArrayLike<number>): Plot['series'] => [
    { label: 'preferred authority', values: preferred },
    { label: 'second authority', values: fallback },
  ]
  return {
    'orders-per-day': {
      title: 'Orders placed each day',
      unit: 'orders',
      shape: 'lines',
      series: both(daily.orders, daily.fallbackOrders),
      events,
      format: short,
    },
    'certificates-by-days-left': {
      title: 'Certificates in use, by the days they have left',
      unit: 'certificates',
      shape: 'stacked',
      series: DAYS_LEFT.map((from, index) => ({
        label: bandName(from, DAYS_LEFT[index + 1]),
        values: daily.left[index] ?? [],
      })),
      events,
      format: short,
    },
    'budget-use': {
      title: 'The most that was used of an account’s orders, each day',
      unit: 'of a full bucket; launches stop at 70 %',
      shape: 'lines',
      series: both(daily.used, daily.fallbackUsed),
      events,
      format: (value) => `${Math.round(value * 100)} %`,
      top: 1,
    },
  }
}

function eventsOf({ lifetimes, massRevocation, outage }: Scenario): Plot['events'] {
  return [
    { day: massRevocation.at / DAY, label: `${massRevocation.share * 100} % revoked` },
    ...lifetimes
      .slice(1)
      .map(({ from, lifetimeMs }) => ({ day: from / DAY, label: `${lifetimeMs / DAY}-day lifetime` })),
    { day: outage.start / DAY, until: outage.end / DAY, label: 'outage' },
  ]
}

const bandName = (from: number, to: number | undefined): string =>
  to === undefined ? `${from} days or more` : from === 0 ? `under ${to} days` : `${from} to ${to} days`

function short(value: number): string {
  if (value >= 1_000_000) return `${round(value / 1_000_000)} M`
  return value >= 1000 ? `${round(value / 1000)} k` : `${round(value)}`
}

const round = (value: number): number => Math.round(value * 100) / 100
