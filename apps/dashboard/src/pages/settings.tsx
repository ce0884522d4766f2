import { useMay, usePrincipal } from '../api/session.ts'
import { Empty } from '../parts/empty.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { KeysCard } from '../settings/keys-card.tsx'
import { UsersCard } from '../settings/users-card.tsx'

/** Who and what may come in. */
export function SettingsPage() {
  const { role } = usePrincipal()
  const isAdmin = useMay('admin')
  return (
    <>
      <PageHead title="Settings" hint="API keys for programs, users for people." />
      {isAdmin ? (
        <div className="stack">
          <KeysCard />
          <UsersCard />
        </div>
      ) : (
        <Empty title="This is for administrators">
          You have the role {role}. Ask an administrator for a key or a user.
        </Empty>
      )}
    </>
  )
}
