import { configDefaults, defineConfig } from 'vitest/config'
import { skippedSuites } from './test/services/skipped-suites.ts'

const skipped = skippedSuites()
/** As soon as a poll succeeds it is over; without this it gives up after 1 s, which a busy machine takes for anything. */
const polling = (timeout: number) => ({ expect: { poll: { timeout, interval: 50 } } })
const shared = { pool: 'forks' as const, hookTimeout: 120_000 }

/** A layer on real services: what is missing on the machine is installed before its first test. */
const onServices = (
  name: string,
  { testTimeout, fileParallelism }: { testTimeout: number; fileParallelism: boolean },
) => ({
  test: {
    ...shared,
    ...polling(20_000),
    name,
    include: [`test/${name}/**/*.test.ts`],
    exclude: [...configDefaults.exclude, ...skipped],
    globalSetup: 'test/services/prepare.ts',
    testTimeout,
    fileParallelism,
  },
})

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          ...polling(5_000),
          name: 'unit',
          include: ['{apps,packages}/*/src/**/*.test.ts', 'test/*.test.ts', 'test/simulation/*.test.ts'],
          testTimeout: 10_000,
        },
      },
      onServices('contracts', { testTimeout: 60_000, fileParallelism: true }),
      onServices('journeys', { testTimeout: 180_000, fileParallelism: false }),
      onServices('faults', { testTimeout: 180_000, fileParallelism: false }),
    ],
  },
})
