/**
 * Says in DNS itself that a value of a name's TXT set is Mooring's answer to a certificate authority, and which domain's:
 * a name, its wildcard and people with tools of their own all answer at the same name. One mark for each value, in a set
 * below the name, as for records (`record-mark.ts`).
 */
const MARK = /^heritage=mooring domain=(\S+) challenge=(\S+)$/

export const challengeMark = (owner: string, value: string): string =>
  `heritage=mooring domain=${owner} challenge=${value}`

export const isMarkOf = (mark: string, owner: string): boolean => MARK.exec(mark)?.[1] === owner

/** Null when it is anything but a mark: then it is somebody else's. */
export const markedValue = (mark: string): string | null => MARK.exec(mark)?.[2] ?? null
