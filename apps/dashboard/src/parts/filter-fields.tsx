import { CloseButton, Select, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useEffect, useState } from 'react'
import { Icon } from './icon.tsx'
import { words } from './words.ts'

interface TextProps {
  label: string
  value: string | undefined
  onChange(value: string): void
  /** `/` leads to it. */
  isMain?: boolean
}

const TYPING_MS = 250

/** A filter that is typed; asked for once the typing stops. */
export function TextFilter({ label, value = '', onChange, isMain = false }: TextProps) {
  const [text, setText] = useState(value)
  const tell = useDebouncedCallback(onChange, TYPING_MS)
  // The address changed by another way: a link, the way back.
  useEffect(() => setText(value), [value])
  const change = (next: string) => {
    setText(next)
    tell(next.trim())
  }
  return (
    <TextInput
      size="xs"
      type="search"
      className={isMain ? 'filter-main' : 'filter'}
      placeholder={label}
      aria-label={label}
      data-main-filter={isMain || undefined}
      leftSection={isMain ? <Icon name="search" /> : undefined}
      rightSection={text === '' ? undefined : <CloseButton size="xs" aria-label="Clear" onClick={() => change('')} />}
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
    />
  )
}

interface ChoiceProps {
  label: string
  options: readonly string[]
  value: string | undefined
  onChange(value: string): void
}

/** A filter with a list of its values. */
export function ChoiceFilter({ label, options, value = '', onChange }: ChoiceProps) {
  // One that a newer release put into a link is kept, and shown.
  const all = value === '' || options.includes(value) ? options : [...options, value]
  return (
    <Select
      className="filter"
      aria-label={label}
      placeholder={label}
      clearable
      searchable={all.length > 10}
      clearButtonProps={{ 'aria-label': `Clear ${label}` }}
      data={all.map((option) => ({ value: option, label: /^[A-Z_]+$/.test(option) ? option : words(option) }))}
      value={value === '' ? null : value}
      onChange={(next) => onChange(next ?? '')}
    />
  )
}
