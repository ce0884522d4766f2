import { build } from 'vite'
import options from './vite-options.ts'

// A process of its own (build-if-stale.ts starts it), whose NODE_ENV decides which React goes in.
await build({ ...options, configFile: false, logLevel: 'warn', mode: 'production' })
