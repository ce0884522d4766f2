import { Button, PasswordInput, SegmentedControl, Stack, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useEffect, useState } from 'react'
import type { Session } from '../api/access.ts'
import type { SignIn as WaysIn } from '../api/problem.ts'
import { request } from '../api/request.ts'
import { sessionQuery } from '../api/session.ts'
import { ProblemCard } from '../parts/problem-card.tsx'

/** By an API key always; by password and by the identity provider where there are such. */
export function SignIn({ ways }: { ways: WaysIn }) {
  const [way, setWay] = useState(ways.password ? 'password' : 'key')
  const failure = new URLSearchParams(location.search).get('sign_in_error')
  useEffect(() => {
    document.title = 'Sign in · Mooring'
  }, [])
  return (
    <main className="sign-in">
      <img src="/mooring.svg" alt="" width="40" height="40" />
      <h1>Sign in to Mooring</h1>
      {failure !== null && (
        <div className="problem" role="alert">
          <strong>The identity provider did not let you in</strong>
          <p>Try again. If it stays, an administrator finds the cause in the API’s log.</p>
          <p className="facts">
            <code>{failure}</code>
          </p>
        </div>
      )}
      {ways.oidc !== null && (
        <Button component="a" href={ways.oidc} fullWidth>
          Sign in with your organisation
        </Button>
      )}
      {ways.password && (
        <SegmentedControl
          aria-label="How to sign in"
          value={way}
          onChange={setWay}
          data={[
            { value: 'password', label: 'Password' },
            { value: 'key', label: 'API key' },
          ]}
        />
      )}
      <CredentialForm key={way} isPassword={way === 'password'} />
      {!ways.password && (
        <p className="soft">
          The first key is the one the control plane was started with (<code>MOORING_API_KEY</code>). Users with
          passwords are made under Settings.
        </p>
      )}
    </main>
  )
}

function CredentialForm({ isPassword }: { isPassword: boolean }) {
  const client = useQueryClient()
  const [isRunning, setRunning] = useState(false)
  const [error, setError] = useState<unknown>(null)

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const body = Object.fromEntries(new FormData(event.currentTarget))
    setRunning(true)
    setError(null)
    try {
      client.setQueryData(sessionQuery.queryKey, await request<Session>('POST', '/v1/session', { body }))
    } catch (fault) {
      setError(fault)
    }
    setRunning(false)
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="sm">
        {isPassword ? (
          <>
            <TextInput name="email" type="email" label="E-mail" autoComplete="username" required autoFocus />
            <PasswordInput name="password" label="Password" autoComplete="current-password" required />
          </>
        ) : (
          <TextInput
            name="key"
            type="password"
            label="API key"
            autoComplete="off"
            spellCheck={false}
            required
            autoFocus
          />
        )}
        {error !== null && <ProblemCard error={error} />}
        <Button type="submit" loading={isRunning}>
          Sign in
        </Button>
      </Stack>
    </form>
  )
}
