/** A list as the API gives it out. */
export interface Page<Item> {
  data: Item[]
  next_cursor: string | null
}

/** What came of an action on everything that a filter matches. */
export interface BulkOutcome {
  matched: number
  applied: number
  skipped: { code: string; count: number }[]
}
