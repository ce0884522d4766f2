/** What `moor` ends with; scripts rely on it. */
export const EXIT = {
  /** All is well. */
  ok: 0,
  /** Something is wrong, and the output says what. */
  wrong: 1,
  /** The command line or the environment does not make sense. */
  usage: 2,
  /** It could not be judged: nobody answers. */
  unknown: 3,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
