import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { configSchema as cli } from '../apps/cli/src/config.ts'
import { configSchema as standalone } from '../apps/standalone/src/config.ts'
import { anchorsOf } from './drawings/markdown.ts'
import { drawReference, openApi } from './drawings/reference.ts'
import { settings } from './drawings/settings-page.ts'

const ROOT = join(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

describe('the reference', () => {
  it('says what the code says (npm run docs)', async () => {
    for (const [file, text] of Object.entries(await drawReference()))
      expect(read(`docs/reference/${file}`), file).toBe(text)
  })

  it('has every call of the API', async () => {
    const page = read('docs/reference/api.md')
    for (const [path, methods] of Object.entries((await openApi()).paths)) {
      for (const method of Object.keys(methods)) expect(page).toContain(`\n### \`${method.toUpperCase()} ${path}\`\n`)
    }
  })

  it('explains every setting, with the comment where it is declared', () => {
    expect(settings().filter(({ means, section }) => means === null || section === '')).toEqual([])
  })
})

const WRITTEN = ['README.md', 'docs/getting-started.md', 'docs/operating.md']
const DRAWN = ['api.md', 'codes.md', 'settings.md'].map((file) => `docs/reference/${file}`)

describe.each(WRITTEN)('%s', (page) => {
  const text = read(page)

  it('names settings that there are', () => {
    const known = new Set([
      ...settings().map(({ name }) => name),
      ...Object.keys(standalone.shape),
      ...Object.keys(cli.shape),
    ])
    const named = [...text.matchAll(/\bMOORING_[A-Z_]*[A-Z]\b(?!_)/g)].map(([name]) => name)
    expect(named.filter((name) => !known.has(name))).toEqual([])
  })

  it('names scripts that there are', () => {
    const { scripts } = JSON.parse(read('package.json'))
    const told = [...text.matchAll(/\bnpm (?:run (?:--silent )?([a-z:-]+)|(start|test)\b)/g)]
    const named = told.map(([, run, script = '']) => run ?? script)
    expect(named.filter((script) => !(script in scripts))).toEqual([])
  })

  it('names files that there are', () => {
    const named = [...text.matchAll(/`((?:apps|deploy|docs|packages|test)\/[\w./-]+)`/g)].map(([, file = '']) => file)
    expect(named.filter((file) => !existsSync(join(ROOT, file)))).toEqual([])
  })

  it('names commands and options of moor that there are', () => {
    const takes = commandsOfMoor()
    const told = [...text.matchAll(/\bmoor(?: --)? ((?:[a-z][a-z-]* ?)+)([^`\n#]*)/g)]
    const wrong = told.flatMap(([whole, words = '', rest = '']) => {
      const [first = '', second = ''] = words.trim().split(' ')
      const path = takes.has(`${first} ${second}`) ? `${first} ${second}` : first
      const options = [...rest.matchAll(/(?<=\s|^)--[a-z-]+/g)].map(([option]) => option)
      const isKnown = takes.has(path) && (second === '' || isPlace(takes, path, second))
      return isKnown && options.every((option) => takes.get(path)?.has(option)) ? [] : [whole]
    })
    expect(wrong).toEqual([])
  })
})

/** Groups take one of their commands and nothing else; commands take what they like. */
const isPlace = (takes: Map<string, Set<string>>, path: string, word: string): boolean =>
  path.includes(' ') || ![...takes.keys()].some((other) => other.startsWith(`${path} `)) || takes.has(`${path} ${word}`)

/** By the script for completion, in which all of them stand: `"domains watch") words="--timeout …" ;;`. */
function commandsOfMoor(): Map<string, Set<string>> {
  const script = execFileSync(process.execPath, [join(ROOT, 'apps/cli/src/main.ts'), 'completion', 'bash'], {
    encoding: 'utf8',
  })
  const lines = [...script.matchAll(/^ {4}"([a-z -]+)"\) words="(.*)" ;;$/gm)]
  return new Map(lines.map(([, path = '', words = '']) => [path, new Set(words.split(' '))]))
}

it.each([...WRITTEN, ...DRAWN])('every link in %s leads somewhere', (page) => {
  const links = [...read(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)]
  const dead = links.filter(([, file = '', anchor]) => {
    const target = file === '' ? page : join(dirname(page), file)
    if (!existsSync(join(ROOT, target))) return true
    return anchor !== undefined && !anchorsOf(read(target)).has(anchor)
  })
  expect(dead.map(([link]) => link)).toEqual([])
})
