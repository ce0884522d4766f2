import type { ReactNode } from 'react'
import { count } from './words.ts'

export interface Bar {
  id: string
  label: ReactNode
  value: number
  tone?: 'good' | 'busy' | 'warn' | 'bad' | 'calm'
  /** In place of the plain number. */
  figure?: ReactNode
}

/** Lengths side by side: each row says its figure, the bar only repeats it. */
export function BarList({ bars, of }: { bars: Bar[]; of?: number }) {
  const longest = of ?? Math.max(1, ...bars.map(({ value }) => value))
  return (
    <ul className="bars">
      {bars.map(({ id, label, value, tone = 'calm', figure }) => (
        <li key={id}>
          <span className="bar-label">{label}</span>
          <span className="bar-track" aria-hidden="true">
            {value > 0 && (
              <span className={`bar-fill ${tone}`} style={{ width: `${Math.min(100, (value / longest) * 100)}%` }} />
            )}
          </span>
          <span className="bar-figure number">{figure ?? count(value)}</span>
        </li>
      ))}
    </ul>
  )
}
