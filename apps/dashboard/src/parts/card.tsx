import { type ReactNode, useId } from 'react'

interface Props {
  title: string
  /** What a link leads to, after the `#`. */
  anchor?: string
  /** To the right of the title. */
  aside?: ReactNode
  className?: string
  children: ReactNode
}

/** A titled part of a page. */
export function Card({ title, anchor, aside, className = '', children }: Props) {
  const id = useId()
  return (
    <section id={anchor} className={`card ${className}`} aria-labelledby={id}>
      <div className="card-head">
        <h2 id={id}>{title}</h2>
        {aside !== undefined && <div className="card-aside">{aside}</div>}
      </div>
      {children}
    </section>
  )
}
