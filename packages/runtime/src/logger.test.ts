import { AppError } from '@mooring/core'
import { expect, test } from 'vitest'
import { createLogger } from './logger.ts'

test('secrets are replaced wherever they are logged, other facts are kept', () => {
  const lines: string[] = []
  const log = createLogger({ name: 'worker', destination: { write: (line) => void lines.push(line) } })

  log.info(
    { domainId: 'dom_1', token: 's3cret', edge: { token: 's3cret' }, req: { headers: { authorization: 's3cret' } } },
    'step done',
  )

  expect(lines.join('')).not.toContain('s3cret')
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    name: 'worker',
    domainId: 'dom_1',
    msg: 'step done',
    token: '[redacted]',
  })
})

test('an error is told with its code, facts and cause, without whatever else hangs on it', () => {
  const lines: string[] = []
  const log = createLogger({ name: 'worker', destination: { write: (line) => void lines.push(line) } })
  const driver = Object.assign(new Error('connection lost'), { code: '57P01', client: { password: 's3cret' } })

  log.error(
    { err: new AppError('DATABASE_UNAVAILABLE', 'The database is away.', { cause: driver, facts: { host: 'db' } }) },
    'lost',
  )

  expect(JSON.parse(lines[0] ?? '').err).toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
    message: 'The database is away.',
    facts: { host: 'db' },
    cause: { code: '57P01', message: 'connection lost' },
  })
  expect(lines.join('')).not.toContain('s3cret')
})
