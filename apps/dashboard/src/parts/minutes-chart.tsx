import 'uplot/dist/uPlot.min.css'
import { useComputedColorScheme } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { useEffect, useRef } from 'react'
import UPlot from 'uplot'

interface Series {
  label: string
  /** A variable of styles/tokens.css, without its dashes. */
  color: string
  values: (number | null)[]
}

interface Props {
  label: string
  minutes: string[]
  series: Series[]
}

const HEIGHT = 180

/** Figures by the minute, drawn; `label` says what matters of them to whoever does not see the drawing. */
export function MinutesChart({ label, minutes, series }: Props) {
  const { ref: measured, width } = useElementSize()
  const drawing = useRef<HTMLDivElement>(null)
  const scheme = useComputedColorScheme()

  useEffect(() => {
    const place = drawing.current
    if (place === null || width === 0) return undefined
    const color = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
    const axis = { stroke: color('soft'), grid: { stroke: color('line'), width: 1 }, ticks: { show: false } }
    const chart = new UPlot(
      {
        width,
        height: HEIGHT,
        cursor: { drag: { x: false, y: false } },
        legend: { live: true },
        axes: [
          { ...axis, grid: { show: false }, values: (_chart, times) => times.map(clock) },
          { ...axis, size: 44 },
        ],
        scales: { y: { range: (_chart, _low, high) => [0, Math.max(4, high * 1.1)] } },
        series: [
          { value: (_chart, at) => (at === null ? '–' : clock(at)) },
          ...series.map(({ label: name, color: variable }) => ({
            label: name,
            stroke: color(variable),
            fill: `color-mix(in srgb, ${color(variable)} 10%, transparent)`,
            width: 2,
            points: { show: false },
          })),
        ],
      },
      [minutes.map((minute) => new Date(minute).getTime() / 1000), ...series.map(({ values }) => values)],
      place,
    )
    return () => chart.destroy()
  }, [minutes, series, width, scheme])

  return (
    <div ref={measured} className="chart">
      <div ref={drawing} role="img" aria-label={label} />
    </div>
  )
}

const clock = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
