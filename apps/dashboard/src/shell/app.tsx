import { useSession, isSignedOut } from '../api/session.ts'
import { ProblemCard } from '../parts/problem-card.tsx'
import { Toasts } from '../parts/toasts.tsx'
import { Shell } from './shell.tsx'
import { SignIn } from './sign-in.tsx'

/** The pages for whoever is signed in; for anybody else the way in, at whatever address they came to. */
export function App() {
  const { data, error, isPending, refetch } = useSession()
  if (isPending) {
    return (
      <main className="loading" role="status">
        Loading…
      </main>
    )
  }
  if (isSignedOut(error)) return <SignIn ways={error.problem.sign_in ?? { password: false, oidc: null }} />
  if (data === undefined) {
    return (
      <main className="sign-in">
        <h1>Mooring</h1>
        <ProblemCard error={error} onRetry={() => void refetch()} />
      </main>
    )
  }
  return (
    <Toasts>
      <Shell principal={data.principal} />
    </Toasts>
  )
}
