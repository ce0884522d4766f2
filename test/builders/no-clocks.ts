import type { Transition } from '@mooring/core'

/** A transition that leaves the clocks of an active domain alone. */
export const NO_CLOCKS = { reverifyAt: null, renewal: null, lane: null } satisfies Partial<Transition>
