import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { provide, type Recipe } from './provide.ts'

/** The path of the nginx on this machine; each test runs one of its own in a temporary folder. */
export const findNginx = async (): Promise<string> => (await provide(recipe)).address

/** An nginx outlives its agent on purpose, so a test ends it by the pid it wrote in the edge's folder. */
export async function stopNginx(dir: string): Promise<void> {
  const pid = Number(await readFile(join(dir, 'nginx.pid'), 'utf8').catch(() => '0'))
  if (pid > 0) process.kill(pid, 'SIGTERM')
}

const recipe: Recipe<string> = {
  name: 'nginx',
  fromEnvironment: () => process.env['MOORING_NGINX'] ?? null,
  binaries: ['nginx'],
  async startLocal({ nginx }) {
    if (nginx === undefined) throw new Error('The recipe was started without its binary.')
    return { address: nginx, stop: async () => {} }
  },
  packages: ['nginx-light'],
}
