/** A count, alike wherever it is shown: `5,220`. */
export const numeral = (count: number): string => count.toLocaleString('en-US')

/** RFC 3339, to the second: nobody reads more. */
export const momentOf = (time: string): string => time.replace(/\.\d+Z$/, 'Z')
