import { blamedSites, isEmergency, isWarning, sentenceOf } from './blame.ts'
import type { TestAnswer } from './nginx-process.ts'
import type { Site } from './site.ts'

/**
 * `ok`, the sites at fault, or a fault of the whole that no site can be blamed for.
 * A warning about a site is a fault: nginx would ignore a part of what it was told.
 */
export type Verdict = { kind: 'ok' } | { kind: 'faulty'; faults: Fault[] } | { kind: 'broken'; detail: string }

export interface Fault {
  site: Site
  detail: string
}

/** Judges what nginx said. Where it names no file, `testAlone` is asked about ever smaller halves. */
export async function judgeTest(
  answer: TestAnswer,
  sites: Site[],
  testAlone: (sites: Site[]) => Promise<TestAnswer>,
): Promise<Verdict> {
  const faults = answer.messages.flatMap((message) =>
    isEmergency(message) || isWarning(message)
      ? blamedSites(message, sites).map((site) => ({ site, detail: sentenceOf(message) }))
      : [],
  )
  if (faults.length > 0) return { kind: 'faulty', faults }
  if (answer.ok) return { kind: 'ok' }
  const found = (await testAlone([])).ok ? await bisect(sites, testAlone) : []
  if (found.length > 0) return { kind: 'faulty', faults: found }
  return { kind: 'broken', detail: sentenceOf(answer.messages.find(isEmergency) ?? answer.messages.join(' ')) }
}

async function bisect(sites: Site[], testAlone: (sites: Site[]) => Promise<TestAnswer>): Promise<Fault[]> {
  if (sites.length === 0) return []
  const answer = await testAlone(sites)
  if (answer.ok) return []
  const [site] = sites
  if (sites.length === 1 && site !== undefined) {
    return [{ site, detail: sentenceOf(answer.messages.find(isEmergency) ?? answer.messages.join(' ')) }]
  }
  const middle = sites.length >> 1
  return [...(await bisect(sites.slice(0, middle), testAlone)), ...(await bisect(sites.slice(middle), testAlone))]
}
