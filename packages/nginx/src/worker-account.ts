import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** The account that nginx's workers run as. */
export interface WorkerAccount {
  user: string
  group: string
  uid: number
  gid: number
}

// Accounts that distributions make for web servers; `nobody` is everywhere.
const USUAL = ['www-data', 'nginx', 'http', 'nobody']

/** Only a master that runs as root can change the account; null leaves the workers what the master is. */
export function findWorkerAccount(wanted: string | undefined): WorkerAccount | null {
  if (process.getuid?.() !== 0) return null
  const accounts = readTable('/etc/passwd')
  const groups = readTable('/etc/group')
  const user = wanted ?? USUAL.find((name) => accounts.some(([candidate]) => candidate === name))
  const account = accounts.find(([name]) => name === user)
  if (account === undefined) throw new Error(`There is no account ${user ?? USUAL.join(', ')} for nginx's workers.`)
  const [name = '', , uid, gid] = account
  const group = groups.find(([, , id]) => id === gid)?.[0] ?? name
  return { user: name, group, uid: Number(uid), gid: Number(gid) }
}

const readTable = (path: string): string[][] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(':'))

/** Whether the account may enter a folder that exists and every folder above it, going by their modes. */
export function mayEnter(folder: string, account: WorkerAccount): boolean {
  const { uid, gid, mode } = statSync(folder)
  // Only the first class that fits counts: an owner without the right does not get it from the others'.
  const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0
  if (((mode >> shift) & 1) === 0) return false
  const parent = dirname(folder)
  return parent === folder || mayEnter(parent, account)
}
