/** Calls that wait for each other: the next begins when the one before has ended, well or not. */
export function createTurns(): <T>(call: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (call) => {
    const turn = last.then(call, call)
    last = turn
    return turn
  }
}
