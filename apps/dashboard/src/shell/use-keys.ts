import { useNavigate } from '@tanstack/react-router'
import { useEffect, useEffectEvent, useRef } from 'react'
import { PAGES } from './pages.ts'

interface Actions {
  onPalette(): void
  onHelp(): void
}

const CHORD_MS = 1200

/** The keys of the whole page. Nothing is taken from somebody who types, and nothing while a dialog is open. */
export function useKeys({ onPalette, onHelp }: Actions): void {
  const navigate = useNavigate()
  const wentAt = useRef(0)

  const press = useEffectEvent((event: KeyboardEvent) => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault()
      return onPalette()
    }
    if (event.metaKey || event.ctrlKey || event.altKey || isTaken(event.target)) return undefined
    const isChord = event.timeStamp - wentAt.current < CHORD_MS
    wentAt.current = 0
    const page = isChord ? PAGES.find(({ key }) => key === event.key) : undefined
    if (page !== undefined) return void navigate({ to: page.to })
    if (event.key === 'g') wentAt.current = event.timeStamp
    else if (event.key === '?') onHelp()
    else if (event.key === 'j') walk(1)
    else if (event.key === 'k') walk(-1)
    else if (event.key === 'Enter') open(event)
    else if (event.key === '/') focusFilter(event)
    return undefined
  })

  useEffect(() => {
    const listen = (event: KeyboardEvent) => press(event)
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  }, [])
}

const isTaken = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.closest('input, textarea, select, [role=dialog], [role=menu]') !== null)

function walk(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')]
  const at = rows.findIndex((row) => row.contains(document.activeElement))
  const next = rows[at === -1 ? (step === 1 ? 0 : rows.length - 1) : at + step]
  next?.focus()
  next?.scrollIntoView({ block: 'nearest' })
}

function open({ target }: KeyboardEvent): void {
  if (target instanceof HTMLElement && target.matches('[data-row]')) target.querySelector('a')?.click()
}

function focusFilter(event: KeyboardEvent): void {
  const filter = document.querySelector<HTMLInputElement>('[data-main-filter]')
  if (filter === null) return
  event.preventDefault()
  filter.focus()
  filter.select()
}
