import type { Service, ServiceChange } from '../api/services.ts'
import { textOf } from '../parts/form-text.ts'

/** What the dialog's fields say a service is. They are not judged here: the API says what is wrong, and where. */
export function serviceChangeOf(fields: FormData): ServiceChange {
  const text = (name: string) => textOf(fields, name)
  const scheme: Service['scheme'] = text('scheme') === 'https' ? 'https' : 'http'
  const interval = Number(text('interval'))
  return {
    servers: text('servers')
      .split(/[\s,]+/)
      .filter((server) => server !== ''),
    scheme,
    ...(text('tls_name') === '' ? {} : { tls_name: text('tls_name') }),
    ...(text('health') === ''
      ? {}
      : { health: { path: text('health'), ...(interval === 0 ? {} : { interval_seconds: interval }) } }),
    ...(text('tenant') === '' ? {} : { tenant: text('tenant') }),
  }
}
