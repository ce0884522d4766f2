/** A count, alike wherever it is shown: `5,220`. */
export const numeral = (count: number): string => count.toLocaleString('en-US')

/** `1 entry`, `2,000 entries`. */
export const numberOf = (count: number, one: string, many = `${one}s`): string =>
  `${numeral(count)} ${count === 1 ? one : many}`

/** RFC 3339, to the second: nobody reads more. */
export const momentOf = (time: string): string => time.replace(/\.\d+Z$/, 'Z')
