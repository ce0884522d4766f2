export interface Plot {
  title: string
  /** What the vertical axis counts. */
  unit: string
  /** One value a day each. Lines stand beside each other; `stacked` ones stand on each other, the first one lowest. */
  series: { label: string; values: ArrayLike<number> }[]
  shape: 'lines' | 'stacked'
  /** What happened on which day; with an `until` it lasted. */
  events: { day: number; until?: number; label: string }[]
  format: (value: number) => string
  /** The top of the vertical axis, where it is not the highest value. */
  top?: number
}

const [WIDTH, HEIGHT] = [840, 392]
const FRAME = { left: 64, right: 20, top: 108, bottom: 46 }
const INNER = { width: WIDTH - FRAME.left - FRAME.right, height: HEIGHT - FRAME.top - FRAME.bottom }
const TICKS = 4

/** Colours of lines, and of what stands on each other, from the shortest left to the longest. */
const LINES = ['c1', 'c2']
const STACKED = ['s1', 's2', 's3', 's4', 's5']

const STYLE = `
  svg { font: 13px system-ui, sans-serif }
  .page { fill: #ffffff } .ink { fill: #1f2328 } .soft { fill: #59636e } .title { font-size: 17px; font-weight: 600 }
  .grid { stroke: #d8dee4 } .event { stroke: #8c959f; stroke-dasharray: 3 3 } .span { fill: #8c959f; opacity: .2 }
  .c1 { stroke: #0a66c2; fill: #0a66c2 } .c2 { stroke: #c25700; fill: #c25700 } .line { fill: none; stroke-width: 1.8 }
  .s1 { fill: #c93c20 } .s2 { fill: #e0923a } .s3 { fill: #9cc3e6 } .s4 { fill: #4b8fcc } .s5 { fill: #1c5a99 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } .ink { fill: #e6edf3 } .soft { fill: #9da7b1 }
    .grid { stroke: #2b323b } .event { stroke: #76818d }
    .c1 { stroke: #58a6ff; fill: #58a6ff } .c2 { stroke: #f0883e; fill: #f0883e } .line { fill: none }
    .s1 { fill: #e5534b } .s2 { fill: #d99a3f } .s3 { fill: #a9cdec } .s4 { fill: #4f93d2 } .s5 { fill: #2a66a8 }
  }`

/** A plot over days as an SVG document, which follows the reader's light or dark scheme. */
export function svgPlot(plot: Plot): string {
  const days = Math.max(2, plot.series[0]?.values.length ?? 0)
  const layers = plot.shape === 'stacked' ? stackedUp(plot.series, days) : plot.series.map(({ values }) => values)
  const top = plot.top ?? roundUp(Math.max(1e-9, ...layers.map(highest)))
  const at = (day: number, value: number): string => `${x(day, days)},${y(value, top)}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(plot.title)}">`,
    `<style>${STYLE}</style>`,
    `<rect class="page" width="${WIDTH}" height="${HEIGHT}" rx="8"/>`,
    `<text class="ink title" x="20" y="30">${escaped(plot.title)}</text>`,
    ...legend(plot),
    ...plot.events.flatMap(({ day, until }) => (until === undefined ? [] : [span(day, until, days)])),
    ...axes(plot, { days, top }),
    ...(plot.shape === 'stacked' ? bands(layers, at) : lines(layers, at)),
    ...plot.events.flatMap((event) => marked(event, days)),
    '</svg>',
    '',
  ].join('\n')
}

const x = (day: number, days: number): string => (FRAME.left + (day / (days - 1)) * INNER.width).toFixed(1)
const y = (value: number, top: number): string =>
  (FRAME.top + INNER.height * (1 - Math.min(value, top) / top)).toFixed(1)

const highest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((most, value) => Math.max(most, value), 0)

/** Up to a number whose quarters are round as well. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].find((step) => step * power >= value) ?? 10) * power
}

function stackedUp(series: Plot['series'], days: number): number[][] {
  const sums: number[] = Array.from({ length: days }, () => 0)
  return series.map(({ values }) => {
    for (let day = 0; day < days; day += 1) sums[day] = (sums[day] ?? 0) + (values[day] ?? 0)
    return [...sums]
  })
}

type At = (day: number, value: number) => string

/** The first one is drawn last: it is the one to be seen. */
const lines = (layers: ArrayLike<number>[], at: At): string[] =>
  layers
    .map((values, index) => {
      const points = Array.from(values, (value, day) => at(day, value)).join(' ')
      return `<polyline class="${LINES[index % LINES.length]} line" points="${points}"/>`
    })
    .toReversed()

const bands = (layers: ArrayLike<number>[], at: At): string[] =>
  layers.map((values, index) => {
    const below = layers[index - 1]
    const upper = Array.from(values, (value, day) => at(day, value))
    const lower = Array.from(values, (_, day) => at(day, below?.[day] ?? 0)).reverse()
    return `<polygon class="${STACKED[index % STACKED.length]}" points="${[...upper, ...lower].join(' ')}"/>`
  })

function axes({ format, unit }: Plot, { days, top }: { days: number; top: number }): string[] {
  const bottom = HEIGHT - FRAME.bottom
  const horizontal = Array.from({ length: TICKS + 1 }, (_, tick) => {
    const value = (top * tick) / TICKS
    const line = `<line class="grid" x1="${FRAME.left}" x2="${WIDTH - FRAME.right}" y1="${y(value, top)}" y2="${y(value, top)}"/>`
    return `${line}<text class="soft" x="${FRAME.left - 8}" y="${y(value, top)}" dy="4" text-anchor="end">${escaped(format(value))}</text>`
  })
  const step = days > 200 ? 30 : days > 60 ? 10 : 5
  const vertical = Array.from({ length: Math.floor((days - 1) / step) + 1 }, (_, tick) => {
    return `<text class="soft" x="${x(tick * step, days)}" y="${bottom + 18}" text-anchor="middle">${tick * step}</text>`
  })
  const name = `<text class="soft" x="${WIDTH - FRAME.right}" y="${HEIGHT - 10}" text-anchor="end">day</text>`
  const unitName = `<text class="soft" x="20" y="${FRAME.top - 28}">${escaped(unit)}</text>`
  return [...horizontal, ...vertical, name, unitName]
}

function legend({ series, shape }: Plot): string[] {
  if (series.length < 2) return []
  const colours = shape === 'stacked' ? STACKED : LINES
  let left = 20
  return series.map(({ label }, index) => {
    const from = left
    left += 34 + label.length * 7
    const mark = `<rect class="${colours[index % colours.length]}" x="${from}" y="42" width="12" height="12" rx="2"/>`
    return `${mark}<text class="ink" x="${from + 18}" y="53">${escaped(label)}</text>`
  })
}

const span = (day: number, until: number, days: number): string => {
  const from = Number(x(day, days))
  const width = Math.max(1, Number(x(until, days)) - from).toFixed(1)
  return `<rect class="span" x="${from}" y="${FRAME.top}" width="${width}" height="${INNER.height}"/>`
}

function marked({ day, until, label }: Plot['events'][number], days: number): string[] {
  const [from, labelled] = [x(day, days), x((day + (until ?? day)) / 2, days)]
  const text = `<text class="soft" x="${labelled}" y="${FRAME.top - 8}" text-anchor="middle">${escaped(label)}</text>`
  if (until !== undefined) return [text]
  return [text, `<line class="event" x1="${from}" x2="${from}" y1="${FRAME.top}" y2="${FRAME.top + INNER.height}"/>`]
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
