import { expect, test } from 'vitest'
import type { AddressRules } from '../edge/address-rules.ts'
import { parseWebhookUrl } from './webhook-url.ts'

const strict: AddressRules = { allow: [] }
const lenient = { allow: ['10.0.0.0/8'] }
const codeOf = (text: string, rules = strict) => {
  const answer = parseWebhookUrl(text, rules)
  return answer.ok ? 'ok' : answer.code
}

test.each([
  ['https://platform.example/hooks?of=mooring', 'ok'],
  ['https://93.184.216.34/', 'ok'],
  ['http://platform.example/', 'URL_SCHEME'],
  ['ftp://platform.example/', 'URL_SCHEME'],
  ['file:///etc/passwd', 'URL_SCHEME'],
  ['//platform.example/', 'URL_INVALID'],
  ['', 'URL_INVALID'],
  ['https://plat\tform.example/', 'URL_INVALID'],
  ['https://platform.example/\r\nx: y', 'URL_INVALID'],
  ['https://💥.example/', 'URL_INVALID'],
  [`https://platform.example/${'x'.repeat(2048)}`, 'URL_INVALID'],
  ['https://user:secret@platform.example/', 'URL_USERINFO'],
  ['https://platform.example/#x', 'URL_FRAGMENT'],
  ['https://127.0.0.1/', 'URL_ADDRESS_FORBIDDEN'],
  ['https://2130706433/', 'URL_ADDRESS_FORBIDDEN'],
  ['https://0x7f.1/', 'URL_ADDRESS_FORBIDDEN'],
  ['https://[::1]/', 'URL_ADDRESS_FORBIDDEN'],
  ['https://[::ffff:10.0.0.1]/', 'URL_ADDRESS_FORBIDDEN'],
  ['https://169.254.169.254/latest/meta-data', 'URL_ADDRESS_FORBIDDEN'],
  ['https://10.0.0.1/', 'URL_ADDRESS_FORBIDDEN'],
])('%s: %s', (text, code) => {
  expect(codeOf(text)).toBe(code)
})

test('what the operator allows may be private, and plain', () => {
  expect(codeOf('http://10.0.0.1/', lenient)).toBe('ok')
  expect(codeOf('http://platform.internal/', lenient)).toBe('ok')
  expect(codeOf('http://127.0.0.1/', lenient)).toBe('URL_ADDRESS_FORBIDDEN')
})
