import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { attemptLine, curlLine } from './progress-lines.ts'

const at = (ms: number) => new Date(Date.UTC(2027, 0, 1) + ms)
const site = { hostname: 'shop.customer.example', port: 8443, caFile: '/srv/mooring/.mooring/ca.pem' }

test('a finished step is told with its state, when it ended and how long it took', () => {
  const attempt = {
    id: '1',
    step: 'verify_ownership',
    started_at: at(117),
    finished_at: at(120),
    outcome: 'done',
    detail: null,
  }
  expect(attemptLine(attempt, at(120), at(0))).toBe(
    '  0.12 s  verifying          verify_ownership    done          3 ms',
  )
})

test('a step that waits says why', () => {
  const attempt = {
    id: '1',
    step: 'verify_ownership',
    started_at: at(0),
    finished_at: at(5),
    outcome: 'wait',
    detail: 'There is no TXT record.',
  }
  expect(attemptLine(attempt, at(5), at(0))).toMatch(/ wait .*\n +There is no TXT record\.$/)
})

test('the line to copy is one bare curl command', () => {
  expect(curlLine(site, {})).toBe(
    'curl --cacert /srv/mooring/.mooring/ca.pem --resolve shop.customer.example:8443:127.0.0.1 https://shop.customer.example:8443/',
  )
  expect(curlLine(site, { HTTPS_PROXY: 'http://proxy:3128' })).toContain(' --noproxy shop.customer.example ')
})

test('a path that a shell would take apart arrives whole', () => {
  const caFile = `/tmp/it's a "folder" $HOME/ca.pem`
  const [, argument] = /--cacert (.*) --resolve/.exec(curlLine({ ...site, caFile }, {})) ?? []
  expect(execFileSync('sh', ['-c', `printf %s ${argument}`], { encoding: 'utf8' })).toBe(caFile)
})
