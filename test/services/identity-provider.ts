import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'
import { freePorts } from './free-ports.ts'

export interface IdentityProvider {
  issuer: string
  /** Claims of each person, by the login name; may be changed at any time. */
  people: Map<string, Record<string, unknown>>
  stop(): Promise<void>
}

export const OIDC_CLIENT = { clientId: 'mooring', clientSecret: 'a-secret-of-the-client' }

/** A real OpenID provider, with pages where anybody signs in under any name. */
export async function startIdentityProvider(redirectUrl: string): Promise<IdentityProvider> {
  const [port] = await freePorts(1)
  const issuer = `http://127.0.0.1:${port}`
  const people = new Map<string, Record<string, unknown>>()
  const provider = new Provider(issuer, {
    clients: [
      { client_id: OIDC_CLIENT.clientId, client_secret: OIDC_CLIENT.clientSecret, redirect_uris: [redirectUrl] },
    ],
    claims: { openid: ['sub'], email: ['email'], profile: ['name', 'mooring_role'] },
    cookies: { keys: ['a key for tests'] },
    findAccount: (_context: unknown, login: string) => ({
      accountId: login,
      claims: () => ({ sub: login, ...people.get(login) }),
    }),
  })
  const server = createServer(provider.callback())
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    issuer,
    people,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Walks the provider's pages as a person with a browser of his own; returns where it sends him in the end. */
export async function signInAtProvider(start: string, login: string): Promise<string> {
  const { origin } = new URL(start)
  const jar = new Map<string, string>()
  const ask = async (url: string, form?: Record<string, string>) => {
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      jar.set(name, value)
    }
    await answer.arrayBuffer()
    return { status: answer.status, next: new URL(answer.headers.get('location') ?? url, url).href }
  }

  let url = start
  for (const form of [{ prompt: 'login', login, password: 'any' }, { prompt: 'consent' }]) {
    for (;;) {
      const { status, next } = await ask(url)
      if (status === 200) break
      if (!next.startsWith(origin)) return next
      url = next
    }
    url = (await ask(url, form)).next
  }
  for (;;) {
    if (!url.startsWith(origin)) return url
    url = (await ask(url)).next
  }
}
