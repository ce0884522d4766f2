import { Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { createContext, type FormEvent, type ReactNode, use, useState } from 'react'
import { ProblemCard } from './problem-card.tsx'
import { useSay } from './toasts.tsx'

export interface Question {
  title: string
  /** What will happen, and to what. */
  body: ReactNode
  /** What the button says. */
  verb: string
  /** It ends or interrupts something. */
  isGrave?: boolean
  /** Does it, with the reason that was given; its answer is told. */
  run(reason: string): Promise<string>
}

const ConfirmContext = createContext<((question: Question) => void) | null>(null)

/** Asks before something is done that hurts, or that is done to many. */
export function Confirmations({ children }: { children: ReactNode }) {
  const [question, setQuestion] = useState<Question | null>(null)
  return (
    <ConfirmContext value={setQuestion}>
      {children}
      <Modal opened={question !== null} onClose={() => setQuestion(null)} title={question?.title}>
        {question !== null && <Confirmation question={question} onClose={() => setQuestion(null)} />}
      </Modal>
    </ConfirmContext>
  )
}

export function useConfirm(): (question: Question) => void {
  const confirm = use(ConfirmContext)
  if (confirm === null) throw new Error('this part is outside Confirmations')
  return confirm
}

function Confirmation({ question, onClose }: { question: Question; onClose: () => void }) {
  const { body, verb, isGrave = false, run } = question
  const [reason, setReason] = useState('')
  const [isRunning, setRunning] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const say = useSay()

  async function submit(event: FormEvent) {
    event.preventDefault()
    setRunning(true)
    setError(null)
    try {
      say(await run(reason.trim()))
      onClose()
    } catch (fault) {
      setError(fault)
      setRunning(false)
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="md">
        <div>{body}</div>
        <TextInput
          label="Reason (optional)"
          description="Goes on record in the audit log."
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {error !== null && <ProblemCard error={error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button type="submit" color={isGrave ? 'red' : 'teal'} loading={isRunning} data-autofocus>
            {verb}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
