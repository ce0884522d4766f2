import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * Answers calls in company: while one batch is under way, those who come wait and are the next one. A caller on its own
 * waits for nobody; a crowd costs as many statements as one caller.
 *
 * `answerAll` answers each in its place; an `Error` there is thrown to that one. What it throws itself is everybody's.
 */
export function gather<Ask, Answer>(
  answerAll: (asks: readonly Ask[]) => Promise<readonly (Answer | Error)[]>,
  { most }: { most: number },
): (ask: Ask) => Promise<Answer> {
  const waiting: { ask: Ask; settle: PromiseWithResolvers<Answer> }[] = []
  let isRunning = false

  async function run(): Promise<void> {
    isRunning = true
    while (waiting.length > 0) {
      // Whoever was answered a moment ago may ask again at once: one batch, and not a small one and a large one in turn.
      await nextTurn()
      const batch = waiting.splice(0, most)
      try {
        const answers = await answerAll(batch.map(({ ask }) => ask))
        for (const [place, { settle }] of batch.entries()) {
          const answer = answers[place]
          if (answer instanceof Error) settle.reject(answer)
          else settle.resolve(answer as Answer)
        }
      } catch (error) {
        for (const { settle } of batch) settle.reject(error)
      }
    }
    isRunning = false
  }

  return (ask) => {
    const settle = Promise.withResolvers<Answer>()
    waiting.push({ ask, settle })
    if (!isRunning) void run()
    return settle.promise
  }
}
