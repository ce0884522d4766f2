/**
 * Reads at most once at a time and shows the same to everybody who asks within `goodForMs` of its beginning: two hundred
 * dashboards cost what one does. What could not be read is not kept.
 */
export function keepSnapshot<Facts>(read: () => Promise<Facts>, goodForMs: number): () => Promise<Facts> {
  let kept: { facts: Promise<Facts>; until: number } | null = null
  let isReading = false
  return () => {
    if (kept !== null && (isReading || performance.now() < kept.until)) return kept.facts
    isReading = true
    const facts = read().finally(() => {
      isReading = false
    })
    const own = { facts, until: performance.now() + goodForMs }
    kept = own
    facts.catch(() => {
      if (kept === own) kept = null
    })
    return facts
  }
}
