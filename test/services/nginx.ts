import { provide, type Recipe } from './provide.ts'

/** The path of the nginx on this machine; each test runs one of its own in a temporary folder. */
export const findNginx = async (): Promise<string> => (await provide(recipe)).address

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
