import type { NoticeSender } from '@mooring/core'
import type { Mailer } from './smtp-mailer.ts'

const SUBJECT_CHARACTERS = 120

/** Sends notices to the operators' mailboxes. */
export function createNoticeEmail({ mailer, to }: { mailer: Mailer; to: readonly string[] }): NoticeSender {
  return {
    channel: 'email',
    send: ({ id, text }) => mailer.send({ to, subject: subjectOf(text), text: `${text}\n`, messageId: id }),
  }
}

/** The first line, up to its first sentence. */
function subjectOf(text: string): string {
  const [line = ''] = text.split('\n')
  const [sentence = line] = line.split(/\.\s/)
  return sentence.length <= SUBJECT_CHARACTERS ? sentence : `${sentence.slice(0, SUBJECT_CHARACTERS - 1)}…`
}
