import type { apiUnderTest } from './api-under-test.ts'

type Call = ReturnType<typeof apiUnderTest>['call']

/** A key, made as an admin makes it. */
export async function aKey(
  call: Call,
  fields: { role: 'viewer' | 'operator' | 'admin'; tenant?: string; expires_at?: string },
): Promise<{ id: string; key: string }> {
  const { status, json } = await call('POST', '/v1/keys', { body: { name: `${fields.role} key`, ...fields } })
  if (status !== 201) throw new Error(`no key was made: ${JSON.stringify(json)}`)
  return json
}
