/** What one look found. */
export interface Finding {
  ok: boolean
  /** A plain sentence or word, without anything secret: `/readyz` needs no key. */
  found: string
}

export interface Check {
  look: () => Finding | Promise<Finding>
  /** `fact` is told and keeps nobody from sending requests here. */
  weight: 'required' | 'fact'
}

export interface Readiness {
  status: 'ok' | 'not_ready'
  checks: Record<string, Finding & { required: boolean; since: string }>
}

/** A dependency that hangs must not hang whoever asks. */
const LOOK_MS = 3_000

/**
 * What `/readyz` tells: every check is made anew for each question, and `since` says from when on the answer has been the
 * same `ok`. A check that throws or takes too long was not passed.
 */
export function createReadiness(checks: Record<string, Check>): () => Promise<Readiness> {
  const standing = new Map<string, { ok: boolean; since: Date }>()

  const lookAt = async ([name, { look, weight }]: [string, Check]) => {
    const finding = await withinTime(look).catch((error: unknown): Finding => ({ ok: false, found: sentenceOf(error) }))
    const before = standing.get(name)
    const now = before?.ok === finding.ok ? before : { ok: finding.ok, since: new Date() }
    standing.set(name, now)
    return [name, { ...finding, required: weight === 'required', since: now.since.toISOString() }] as const
  }

  return async () => {
    const found = await Promise.all(Object.entries(checks).map(lookAt))
    const isReady = found.every(([, { ok, required }]) => ok || !required)
    return { status: isReady ? 'ok' : 'not_ready', checks: Object.fromEntries(found) }
  }
}

/** Whether a question is answered, whatever the answer; the error's own words may name hosts and users. */
export const answers =
  (ask: () => Promise<unknown>): Check['look'] =>
  async () => {
    try {
      await ask()
      return { ok: true, found: 'answers' }
    } catch {
      return { ok: false, found: 'does not answer' }
    }
  }

async function withinTime(look: Check['look']): Promise<Finding> {
  const { promise, resolve } = Promise.withResolvers<Finding>()
  const timer = setTimeout(() => resolve({ ok: false, found: `no answer within ${LOOK_MS / 1000} s` }), LOOK_MS)
  try {
    return await Promise.race([look(), promise])
  } finally {
    clearTimeout(timer)
  }
}

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.name : 'failed')
