/**
 * The rows of an NDJSON body. A line that is not JSON stays as its text, which is no registration, so that it has a
 * verdict like any other and the lines after it keep their numbers.
 */
export function parseLines(text: string): unknown[] {
  const lines = text.split(/\r?\n/)
  while (lines.at(-1)?.trim() === '') lines.pop()
  return lines.map(parseLine)
}

function parseLine(line: string): unknown {
  try {
    return withoutPrototype(JSON.parse(line))
  } catch {
    return line
  }
}

/** As the parser of ordinary bodies has it: such a key would be a way to other objects. */
function withoutPrototype(value: unknown): unknown {
  if (JSON.stringify(value).includes('"__proto__"')) throw new TypeError('a row may not have a key __proto__')
  return value
}
