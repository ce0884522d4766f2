import { provide, type Recipe, type Running } from './provide.ts'

/** The program, wherever it is: nothing is started. Debian's package starts a timer of its own, which renews nothing. */
export const provideCertbot = (): Promise<Running<{ program: string }>> => provide(recipe)

const recipe: Recipe<{ program: string }> = {
  name: 'certbot',
  fromEnvironment: () => null,
  binaries: ['certbot'],
  packages: ['certbot'],
  startLocal: async (paths) => ({ address: { program: String(paths['certbot']) }, stop: async () => {} }),
}
