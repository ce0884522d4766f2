import { type ReactNode, useEffect } from 'react'

interface Props {
  title: string
  hint?: ReactNode
  children?: ReactNode
}

/** What the page is, and what can be done with all of it. */
export function PageHead({ title, hint, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Mooring`
  }, [title])
  return (
    <div className="page-head">
      <div>
        <h1>{title}</h1>
        {hint !== undefined && <p className="soft">{hint}</p>}
      </div>
      <div className="page-actions">{children}</div>
    </div>
  )
}
