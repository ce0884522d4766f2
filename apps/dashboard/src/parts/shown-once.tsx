import { CopyButton } from './copy-button.tsx'

/** A secret that nobody, not even the API, can show again. */
export function ShownOnce({ label, text }: { label: string; text: string }) {
  return (
    <div className="shown-once" role="status">
      <p>
        <strong>{label}</strong>: copy it now. It is not shown again.
      </p>
      <p>
        <code>{text}</code> <CopyButton text={text} label={`Copy the ${label.toLowerCase()}`} />
      </p>
    </div>
  )
}
