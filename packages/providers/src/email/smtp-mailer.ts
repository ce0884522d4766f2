import type { SendAnswer } from '@mooring/core'
import { createTransport } from 'nodemailer'

/** For everything between opening the connection and the server's last word. */
const DEADLINE_MS = 20_000
/** A server that is slow to say a word is given up before one that says something now and then. */
const SILENCE_MS = 10_000

export interface Mail {
  to: readonly string[]
  subject: string
  text: string
  html?: string
  headers?: Record<string, string>
  /** The same at each try, so that a mailbox may drop the second copy. */
  messageId: string
}

export interface Mailer {
  /** Never throws for what the server may do. */
  send(mail: Mail): Promise<SendAnswer>
}

export interface SmtpMailerOptions {
  /** `smtp://user:password@host:587` (STARTTLS where the server has it) or `smtps://…:465`. */
  url: string
  /** An address, or `Name <address>`. */
  from: string
  deadlineMs?: number
}

/**
 * Sends mail by SMTP, each over a connection of its own that ends with the deadline: a server that answers one byte at a
 * time (a tarpit) never looks idle. With a password in the URL, TLS is asked for and its certificate checked.
 */
export function createSmtpMailer({ url, from, deadlineMs = DEADLINE_MS }: SmtpMailerOptions): Mailer {
  const { protocol, hostname, port, username, password } = new URL(url)
  const isSecure = protocol === 'smtps:'
  const auth = username === '' ? {} : { auth: { user: decode(username), pass: decode(password) } }
  const transport = createTransport({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (isSecure ? 465 : 587),
    secure: isSecure,
    // A password is not sent in the clear, whoever stands in between and hides that the server knows TLS.
    requireTLS: !isSecure && username !== '',
    ...auth,
    connectionTimeout: Math.min(SILENCE_MS, deadlineMs),
    greetingTimeout: Math.min(SILENCE_MS, deadlineMs),
    socketTimeout: Math.min(SILENCE_MS, deadlineMs),
    dnsTimeout: Math.min(SILENCE_MS, deadlineMs),
    socketCloseTimeout: 1_000,
    maxResponseSize: 16_384,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async send({ to, subject, text, html, headers, messageId }) {
      try {
        await transport.sendMail({
          from,
          to: [...to],
          subject: subject.replaceAll(/\s+/g, ' '),
          text,
          ...(html === undefined ? {} : { html }),
          headers: { 'Auto-Submitted': 'auto-generated', ...headers },
          messageId: `<${messageId}@${domainOf(from)}>`,
          signal: AbortSignal.timeout(deadlineMs),
        })
        return { kind: 'sent' }
      } catch (error) {
        return answerTo(error)
      }
    },
  }
}

// A mail or an address that is refused for good will be refused again. All else somebody may put right: a wrong password,
// a server without TLS, a certificate that ended.
const ABOUT_THE_MAIL = ['EENVELOPE', 'EMESSAGE']

function answerTo(error: unknown): SendAnswer {
  const {
    code = 'unknown',
    responseCode,
    permanent,
  } = error as {
    code?: string
    responseCode?: number
    permanent?: boolean
  }
  // Numbers and codes only: the server's words may quote addresses.
  if (responseCode === undefined)
    return { kind: 'retry', detail: `No answer from the mail server (${code}).`, retryAfterMs: null }
  const detail = `The mail server answered ${responseCode}.`
  return permanent === true && ABOUT_THE_MAIL.includes(code)
    ? { kind: 'refused', detail }
    : { kind: 'retry', detail, retryAfterMs: null }
}

const decode = (text: string): string => decodeURIComponent(text)

const domainOf = (from: string): string => /@([A-Za-z0-9.-]+)>?\s*$/.exec(from)?.[1] ?? 'mooring.invalid'
