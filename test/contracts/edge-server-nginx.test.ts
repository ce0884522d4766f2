import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNginxServer } from '@mooring/nginx'
import { afterAll } from 'vitest'
import { silentLog } from '../builders/silent-log.ts'
import { findNginx } from '../services/nginx.ts'
import { testEdgeServer } from './edge-server.contract.ts'

const dirs: string[] = []
afterAll(async () => {
  for (const dir of dirs) await rm(dir, { recursive: true, force: true })
})

for (const certificates of ['per_handshake', 'at_reload'] as const) {
  testEdgeServer(`nginx that reads certificates ${certificates}`, async (settings) => {
    const dir = await mkdtemp(join(tmpdir(), 'mooring-edge-'))
    dirs.push(dir)
    // Workers read certificates themselves, so they have to come in.
    if (certificates === 'per_handshake') await chmod(dir, 0o711)
    const binary = await findNginx()
    return createNginxServer({ ...settings, dir, binary, certificates, listenAddress: '127.0.0.1', log: silentLog })
  })
}
