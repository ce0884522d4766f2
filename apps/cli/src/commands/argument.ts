import type { Parsed } from '@mooring/core'
import { InvalidArgumentError } from 'commander'
import type { z } from 'zod'

/** Reads an option's text as a field of the configuration reads its variable's. */
export function argument<Value>(schema: z.ZodType<Value>): (text: string) => Value {
  return (text) => {
    const result = schema.safeParse(text)
    if (result.success) return result.data
    throw new InvalidArgumentError(result.error.issues.map(({ message }) => message).join(' '))
  }
}

/** Of an option that may be given several times. */
export function argumentList<Value>(schema: z.ZodType<Value[]>): (text: string, before?: Value[]) => Value[] {
  const read = argument(schema)
  return (text, before = []) => [...before, ...read(text)]
}

/** Reads an option's text with one of the parsers that answer with a sentence. */
export function argumentOf<Value>(parse: (text: string) => Parsed<Value>): (text: string) => Value {
  return (text) => {
    const result = parse(text)
    if (result.ok) return result.value
    throw new InvalidArgumentError(result.message)
  }
}
