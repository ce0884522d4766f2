import { spawnSync } from 'node:child_process'
import { stat } from 'node:fs/promises'

/** The user that PostgreSQL runs as; null is the user who started us. */
export type PostgresUser = { uid: number; gid: number } | null

/**
 * PostgreSQL refuses to run as root. Then it runs as the owner of the data that is there, else as `postgres`, else as
 * `nobody`: no user is added to somebody's machine for a local database.
 */
export async function choosePostgresUser(dataFolder: string): Promise<PostgresUser> {
  if (process.getuid?.() !== 0) return null
  const owner = await stat(dataFolder).catch(() => null)
  if (owner !== null && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }

  const found = idsOf('postgres') ?? idsOf('nobody')
  if (found === null)
    throw new Error('PostgreSQL does not run as root, and there is neither a user postgres nor nobody.')
  return found
}

function idsOf(name: string): PostgresUser {
  const number = (option: string) => {
    const { status, stdout } = spawnSync('id', [option, '--', name], { encoding: 'utf8' })
    return status === 0 ? Number(stdout) : Number.NaN
  }
  const [uid, gid] = [number('-u'), number('-g')]
  return uid > 0 && gid >= 0 ? { uid, gid } : null
}

/** Whether the user may enter the folder (or run the program): asked of the system, as that user. */
export function canReach(path: string, user: PostgresUser): boolean {
  return user === null || spawnSync('test', ['-x', path], { ...user, cwd: '/' }).status === 0
}
