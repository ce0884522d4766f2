import { type ReactNode, useId } from 'react'

interface Props {
  title: string
  /** To the right of the title. */
  aside?: ReactNode
  className?: string
  children: ReactNode
}

/** A titled part of a page. */
export function Card({ title, aside, className = '', children }: Props) {
  const id = useId()
  return (
    <section className={`card ${className}`} aria-labelledby={id}>
      <div className="card-head">
        <h2 id={id}>{title}</h2>
        {aside !== undefined && <div className="card-aside">{aside}</div>}
      </div>
      {children}
    </section>
  )
}
