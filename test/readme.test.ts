import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { drawMachine } from './drawings/machine.ts'

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')

it('the machine drawn in the README is the machine in the code', () => {
  expect(readme).toContain(`\`\`\`mermaid\n${drawMachine()}\n\`\`\``)
})

it('every script the README tells to run exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'))
  const told = [...readme.matchAll(/npm (?:run )?(start|test|check|bench|simulate|api|worker|scheduler|edge-agent)\b/g)]
  expect(told.length).toBeGreaterThan(3)
  for (const [, script] of told) expect(Object.keys(scripts)).toContain(script)
})
