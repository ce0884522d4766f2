import { createContext, type ReactNode, use, useCallback, useState } from 'react'

interface Toast {
  id: number
  text: string
}

const ToastContext = createContext<((text: string) => void) | null>(null)
const SHOWN_MS = 6000

/** Short sentences about what was just done; read out to whoever cannot see them. */
export function Toasts({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<Toast[]>([])
  const say = useCallback((text: string) => {
    const id = Math.random()
    setToasts((shown) => [...shown, { id, text }])
    setTimeout(() => setToasts((shown) => shown.filter((one) => one.id !== id)), SHOWN_MS)
  }, [])
  return (
    <ToastContext value={say}>
      {children}
      <div className="toasts" role="status">
        {toasts.map(({ id, text }) => (
          <div key={id} className="toast">
            {text}
          </div>
        ))}
      </div>
    </ToastContext>
  )
}

export function useSay(): (text: string) => void {
  const say = use(ToastContext)
  if (say === null) throw new Error('this part is outside Toasts')
  return say
}
