/** Reads a Retry-After header (RFC 9110 §10.2.3: seconds, or a date) as milliseconds from now; null when it says nothing. */
export function retryAfterMs(header: string | string[] | undefined, now: Date = new Date()): number | null {
  const value = (Array.isArray(header) ? header[0] : header)?.trim() ?? ''
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? null : Math.max(0, date - now.getTime())
}
