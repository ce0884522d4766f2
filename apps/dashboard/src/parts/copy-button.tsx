import { useClipboard } from '@mantine/hooks'
import { Icon } from './icon.tsx'

/** Copies a text, and says so. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const { copied, copy } = useClipboard()
  return (
    <button type="button" className="icon-button" aria-label={copied ? 'Copied' : label} onClick={() => copy(text)}>
      <Icon name={copied ? 'check' : 'copy'} />
    </button>
  )
}
