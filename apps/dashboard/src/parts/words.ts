/** `provisioning_cert` as people read it. */
export const words = (code: string): string => {
  const text = code.replaceAll('_', ' ').replaceAll('.', ' · ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

export const count = (number: number): string => number.toLocaleString('en')

/** By actor. */
export const WHO: Record<string, string> = {
  customer: 'Customer must act',
  platform: 'Platform must act',
  operator: 'Operator must act',
  ca: 'Certificate authority',
  nobody: 'Nobody needs to act',
}

export const plural = (number: number, one: string, many = `${one}s`): string =>
  `${count(number)} ${number === 1 ? one : many}`

/** A span in the two units that matter: `3 h 12 min`. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600)
    return whole < 600 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${Math.floor(whole / 60)} min`
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
  const days = Math.floor(whole / 86_400)
  return days < 10 ? `${days} d ${Math.floor((whole % 86_400) / 3600)} h` : `${days} d`
}

/** How long something took, where a tenth of a second counts. */
export const took = (seconds: number): string => (seconds < 9.95 ? `${seconds.toFixed(1)} s` : span(seconds))

export function bytes(number: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = number < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(number) / 3))
  const value = number / 1000 ** power
  return `${value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 })} ${units[power]}`
}
