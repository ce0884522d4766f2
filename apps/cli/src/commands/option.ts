import { Option } from 'commander'

/** `--name <value>`, and what it means; the value it has when it is not given. */
export function option(flags: string, means: string, value?: string | boolean): Option {
  const made = new Option(flags, means)
  return value === undefined ? made : made.default(value)
}
