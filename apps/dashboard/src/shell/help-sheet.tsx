import { Kbd, Modal } from '@mantine/core'
import { PAGES } from './pages.ts'

const KEYS: [keys: string[], does: string][] = [
  [['⌘', 'K'], 'Find a hostname, a page or an action (Ctrl K elsewhere)'],
  [['/'], 'To the filter'],
  [['j'], 'Next row'],
  [['k'], 'Row before'],
  [['Enter'], 'Open the row'],
  [['?'], 'This sheet'],
  ...PAGES.map(({ key, title }): [string[], string] => [['g', key], title]),
]

/** What the keys do. */
export function HelpSheet({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal opened={isOpen} onClose={onClose} title="Keyboard">
      <dl className="keys">
        {KEYS.map(([keys, does]) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  )
}
