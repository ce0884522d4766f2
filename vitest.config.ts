import { defineConfig } from 'vitest/config'

/** One project per layer: `unit` needs nothing, the others start the real services they name. */
const project = (name: string, include: string[], testTimeout: number, serial: boolean) => ({
  test: { name, include, testTimeout, hookTimeout: 120_000, fileParallelism: !serial, pool: 'forks' as const },
})

export default defineConfig({
  test: {
    projects: [
      project('unit', ['{apps,packages}/*/src/**/*.test.ts', 'test/*.test.ts'], 10_000, false),
      project('contracts', ['test/contracts/**/*.test.ts'], 60_000, false),
      project('journeys', ['test/journeys/**/*.test.ts'], 180_000, true),
      project('faults', ['test/faults/**/*.test.ts'], 180_000, true),
    ],
  },
})
