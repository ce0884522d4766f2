#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// A command is started again and again: what it is made of is parsed once. Where nothing can be kept, it goes without.
enableCompileCache()
const { runProgram } = await import('./program.ts')

// Whoever reads has read enough, as `moor … | head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

const code = await runProgram(process.argv.slice(2))
// Questions that nobody waits for any more may still hold sockets; what was written goes out first.
process.stdout.write('', () => process.exit(code))
