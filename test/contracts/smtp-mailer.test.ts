import { createNoticeEmail, createSmtpMailer } from '@mooring/providers'
import { afterEach, describe, expect, it } from 'vitest'
import { type RunningSmtp, startSmtp, startTarpit } from '../services/smtp.ts'

const running: RunningSmtp[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()))
})
const started = async <Server extends RunningSmtp>(starting: Promise<Server>): Promise<Server> => {
  const server = await starting
  running.push(server)
  return server
}

const mail = { to: ['ops@example.com'], subject: 'Hello', text: 'A text\n', messageId: 'dlv_1' }
const send = (url: string, deadlineMs = 2_000) =>
  createSmtpMailer({ url, from: 'Mooring <mooring@platform.example>', deadlineMs }).send(mail)
const refusing = (responseCode: number, at: 'onMailFrom' | 'onRcptTo' | 'onData') => {
  const error = Object.assign(new Error('ops@example.com is not welcome'), { responseCode })
  return started(
    startSmtp(
      at === 'onData'
        ? { onData: (stream, _session, done) => (stream.resume(), stream.on('end', () => done(error))) }
        : { [at]: (_address: unknown, _session: unknown, done: (problem: Error) => void) => done(error) },
    ),
  )
}

describe('mail by SMTP', () => {
  it('arrives with the sender, the subject and an id that stays the same', async () => {
    const { url, received } = await started(startSmtp())
    expect(await send(url)).toEqual({ kind: 'sent' })
    expect(received).toMatchObject([{ from: 'mooring@platform.example', to: ['ops@example.com'] }])
    expect(received[0]?.source).toMatch(/^Subject: Hello\r$/m)
    expect(received[0]?.source).toMatch(/^Message-ID: <dlv_1@platform\.example>\r$/im)
    expect(received[0]?.source).toMatch(/^Auto-Submitted: auto-generated\r$/m)
  })

  it('puts no line of a subject into the headers', async () => {
    const { url, received } = await started(startSmtp())
    const mailer = createSmtpMailer({ url, from: 'mooring@platform.example' })
    await mailer.send({ ...mail, subject: 'Hello\r\nBcc: everybody@example.com' })
    expect(received[0]?.to).toEqual(['ops@example.com'])
    expect(received[0]?.source).not.toMatch(/^Bcc:/m)
  })

  it.each(['onMailFrom', 'onRcptTo', 'onData'] as const)('is tried again after a 4xx at %s', async (at) => {
    const { url } = await refusing(451, at)
    const answer = await send(url)
    expect(answer).toEqual({ kind: 'retry', detail: 'The mail server answered 451.', retryAfterMs: null })
  })

  it.each(['onMailFrom', 'onRcptTo', 'onData'] as const)('is given up after a 5xx at %s', async (at) => {
    const { url } = await refusing(550, at)
    expect(await send(url)).toEqual({ kind: 'refused', detail: 'The mail server answered 550.' })
  })

  it.each([
    ['has no TLS', ['STARTTLS']],
    ['shows a certificate that nobody vouches for', []],
  ])('sends no password to a server that %s, and says none of it', async (_what, disabledCommands) => {
    let asked = false
    const { url } = await started(
      startSmtp({
        disabledCommands,
        allowInsecureAuth: true,
        onAuth: (_auth, _session, done) => {
          asked = true
          done(null, { user: 'user' })
        },
      }),
    )
    const answer = await send(url.replace('//', '//user:s3cret@'))
    expect(answer.kind).toBe('retry')
    expect(asked).toBe(false)
    expect(JSON.stringify(answer)).not.toMatch(/s3cret|user|127\.0\.0\.1/)
  })

  it('does not wait longer than its deadline for a server that tarpits', async () => {
    const { url, visits } = await started(startTarpit())
    const startedAt = performance.now()
    expect(await send(url, 300)).toMatchObject({ kind: 'retry' })
    expect(performance.now() - startedAt).toBeLessThan(1_500)
    expect(visits()).toBe(1)
  })

  it('is tried again when nobody listens, or the connection ends early', async () => {
    const { url, stop } = await startSmtp()
    await stop()
    expect(await send(url)).toMatchObject({ kind: 'retry', detail: expect.not.stringContaining('127.0.0.1') })
    const closing = await started(startSmtp({ onConnect: (_session, done) => done(new Error('Go away')) }))
    expect((await send(closing.url)).kind).not.toBe('sent')
  })
})

describe('notices by e-mail', () => {
  it('have the first sentence for a subject', async () => {
    const { url, received } = await started(startSmtp())
    const sender = createNoticeEmail({
      mailer: createSmtpMailer({ url, from: 'mooring@platform.example' }),
      to: ['ops@example.com', 'oncall@example.com'],
    })
    const text = '46 more domains: DNS_RECORD_MISSING at acme in 10 min. A record is not there.'
    expect(await sender.send({ id: 'dlv_1', text })).toEqual({ kind: 'sent' })
    expect(received).toMatchObject([{ to: ['ops@example.com', 'oncall@example.com'] }])
    expect(received[0]?.source).toMatch(/^Subject: 46 more domains: DNS_RECORD_MISSING at acme in 10 min\r$/m)
  })
})
