import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { SilenceDialog } from './silence-dialog.tsx'

/** In a notice's row: no more of it for a while. */
export function SilenceButton({ code, tenant }: { code: string; tenant: string | null }) {
  const [isOpen, dialog] = useDisclosure()
  return (
    <>
      <Button size="compact-xs" variant="default" aria-label={`Silence ${code}`} onClick={dialog.open}>
        Silence
      </Button>
      <SilenceDialog isOpen={isOpen} onClose={dialog.close} code={code} tenant={tenant} />
    </>
  )
}
