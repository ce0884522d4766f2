import type { Overview } from '@mooring/client'

export type { Overview } from '@mooring/client'

export type BudgetGauge = Overview['budgets'][number]
/** Without `from` or `to`, it is open on that side. */
export type DaysLeft = Overview['certificates']['by_days_left'][number]
