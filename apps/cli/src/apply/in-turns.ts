const AT_ONCE = 4

/** Does the work for each, a few at a time; the answers in the order of the questions. */
export async function inTurns<Item, Answer>(items: Item[], work: (item: Item) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = []
  const entries = items.entries()
  const turn = async () => {
    for (const [at, item] of entries) answers[at] = await work(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, turn))
  return answers
}
