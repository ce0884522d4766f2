import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

const ROOT = join(import.meta.dirname, '..')
const FIXTURE = join(import.meta.dirname, 'fixtures/boundaries')

/**
 * Which rooms each room may depend on. The linter's rules (.oxlintrc.json) and every package.json say the same; of the
 * API, `main.ts` alone may open providers.
 */
const MAY_USE: Record<string, string[]> = {
  'packages/client': [],
  'packages/core': [],
  'packages/postgres': ['core'],
  'packages/queue': ['core'],
  'packages/providers': ['core'],
  'packages/nginx': ['core'],
  'packages/runtime': ['core'],
  'apps/api': ['core', 'postgres', 'providers', 'queue', 'runtime'],
  'apps/worker': ['core', 'postgres', 'providers', 'queue', 'runtime'],
  'apps/scheduler': ['core', 'postgres', 'providers', 'queue', 'runtime'],
  'apps/edge-agent': ['core', 'nginx', 'runtime'],
  'apps/cli': ['client', 'core', 'providers', 'runtime'],
  'apps/dashboard': ['client'],
  'apps/standalone': ['api', 'core', 'edge-agent', 'postgres', 'providers', 'queue', 'runtime', 'scheduler', 'worker'],
}

// The fixture is copied beside the project's own rules: their globs are relative to where they lie.
let tree: string
let reported: Set<string>
beforeAll(async () => {
  tree = await mkdtemp(join(tmpdir(), 'mooring-boundaries-'))
  await cp(FIXTURE, tree, { recursive: true })
  await cp(join(ROOT, '.oxlintrc.json'), join(tree, '.oxlintrc.json'))
  reported = new Set(await lint(tree))
})
afterAll(() => rm(tree, { recursive: true, force: true }))

test.each(Object.keys(MAY_USE))('the linter refuses every forbidden import of %s', async (room) => {
  const file = `${room}/src/forbidden.ts`
  const lines = (await readFile(join(FIXTURE, file), 'utf8')).split('\n')
  const forbidden = lines.flatMap((line, at) => (line.startsWith('import') ? [`${file}:${at + 1}`] : []))
  expect(forbidden.filter((place) => !reported.has(place))).toEqual([])
})

test('the linter allows what the rooms may import', () => {
  expect([...reported].filter((place) => !place.includes('forbidden.ts'))).toEqual([])
})

describe('package.json is the proof of what a room can reach', () => {
  test('no room is without a rule', () => {
    const rooms = globSync('{packages,apps}/*/package.json', { cwd: ROOT })
    expect(rooms.map((path) => dirname(path)).toSorted()).toEqual(Object.keys(MAY_USE).toSorted())
  })

  test.each(Object.entries(MAY_USE))('%s lists exactly the rooms it uses', async (room, allowed) => {
    const names = Object.keys(await dependenciesOf(room)).filter((name) => name.startsWith('@mooring/'))
    expect(names.toSorted()).toEqual(allowed.map((name) => `@mooring/${name}`).toSorted())
  })

  test('an edge host carries no database, broker or provider client', async () => {
    const carried = await carriedBy('apps/edge-agent')
    const clients = [
      '@mooring/postgres',
      '@mooring/queue',
      '@mooring/providers',
      'pg',
      'kysely',
      'amqplib',
      '@peculiar/x509',
    ]
    expect(clients.filter((name) => carried.has(name))).toEqual([])
  })
})

/** `file:line` of every import the rules refuse. */
async function lint(folder: string): Promise<string[]> {
  const output = await new Promise<string>((resolve, reject) => {
    const binary = join(ROOT, 'node_modules/.bin/oxlint')
    execFile(binary, ['-A', 'all', '--format', 'unix'], { cwd: folder }, (error, stdout) => {
      if (error === null) reject(new Error('The linter found nothing in a tree that breaks every rule'))
      else if (error.code !== 1) reject(error)
      else resolve(stdout)
    })
  })
  return [...output.matchAll(/^(\S+\.ts:\d+):\d+: .*\(no-restricted-imports\)\]$/gm)].map(([, place]) =>
    relative(folder, join(folder, place ?? '')),
  )
}

async function dependenciesOf(room: string): Promise<Record<string, string>> {
  const text = await readFile(join(ROOT, room, 'package.json'), 'utf8')
  return z.object({ dependencies: z.record(z.string(), z.string()).default({}) }).parse(JSON.parse(text)).dependencies
}

/** Everything a room depends on, through the rooms it uses. */
async function carriedBy(room: string): Promise<Set<string>> {
  const carried = new Set<string>()
  const rooms = [room]
  for (let at = rooms.pop(); at !== undefined; at = rooms.pop()) {
    for (const name of Object.keys(await dependenciesOf(at))) {
      if (carried.has(name)) continue
      carried.add(name)
      const folder = Object.keys(MAY_USE).find((candidate) => `@mooring/${candidate.split('/')[1]}` === name)
      if (folder !== undefined) rooms.push(folder)
    }
  }
  return carried
}
