/** A server that has not answered for this long does not keep the next one waiting. */
const HEAD_START_MS = 250

/**
 * Asks one after the other until an answer is of use, and returns that; null when none is. While one is silent, the next
 * is asked as well: a dead server costs its zone a quarter of a second and not its whole timeout.
 */
export function firstUseful<Server, Answer>(
  servers: readonly Server[],
  ask: (server: Server) => Promise<Answer>,
  isUseful: (answer: Answer) => boolean,
): Promise<Answer | null> {
  return new Promise((resolve, reject) => {
    const waiting = [...servers]
    let open = 0
    let headStart: NodeJS.Timeout | undefined
    const askNext = () => {
      clearTimeout(headStart)
      const server = waiting.shift()
      if (server === undefined) {
        if (open === 0) resolve(null)
        return
      }
      open += 1
      headStart = setTimeout(askNext, HEAD_START_MS)
      ask(server).then((answer) => {
        open -= 1
        if (!isUseful(answer)) return askNext()
        clearTimeout(headStart)
        resolve(answer)
      }, reject)
    }
    askNext()
  })
}
