import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { execa } from 'execa'

const LOCK = '/run/lock/mooring-apt.lock'
const POLICY = '/usr/sbin/policy-rc.d'
const TRIES = 3

export const canAptInstall = (): boolean => process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')

/**
 * Installs Debian packages without starting the services they bring. One test process at a time: the others wait, and
 * find nothing left to do. Mirrors fail now and then, so each command is tried three times.
 */
export async function aptInstall(packages: string[]): Promise<void> {
  process.stderr.write(`Installing ${packages.join(', ')} with apt-get …\n`)
  await withoutServiceStart(async () => {
    await apt('update')
    await apt('install', '--yes', '--no-install-recommends', ...packages)
  })
}

async function apt(...args: string[]): Promise<void> {
  // Another package manager may be at work, such as unattended-upgrades on a machine just started.
  const command = ['apt-get', '-qq', '-o', 'DPkg::Lock::Timeout=300', ...args]
  for (let tried = 1; ; tried += 1) {
    const result = await execa('flock', [LOCK, ...command], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
      stdin: 'ignore',
      all: true,
      reject: false,
    })
    if (!result.failed) return
    if (tried === TRIES) throw new Error(`${command.join(' ')}: ${result.all?.slice(-2000)}`)
    await pause(5000)
  }
}

/**
 * Debian starts a service when it is installed unless this file says no (invoke-rc.d(8)). One that is there already is
 * somebody's decision and stays.
 */
async function withoutServiceStart(work: () => Promise<void>): Promise<void> {
  if (existsSync(POLICY)) return work()
  await writeFile(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    await work()
  } finally {
    await rm(POLICY, { force: true })
  }
}
