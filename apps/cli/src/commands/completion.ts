import type { Command } from 'commander'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { type MakeCommand, command } from './command.ts'

/** What may follow a row of words: commands, options, and files where one is asked for. */
interface Follow {
  path: string
  words: string[]
}

/** `moor completion <shell>`: a script that completes what `program` takes. */
export const completionCommand = (program: () => Command): MakeCommand =>
  command({
    name: 'completion',
    description: 'Write a script that completes commands and options.',
    args: [['<shell>', 'bash, zsh or fish']],
    after: `
bash: moor completion bash > /etc/bash_completion.d/moor
zsh:  moor completion zsh > "\${fpath[1]}/_moor"
fish: moor completion fish > ~/.config/fish/completions/moor.fish`,
    async run([shell = '']) {
      const write = SHELLS[shell]
      if (write === undefined)
        throw new Failure(EXIT.usage, `There is completion for bash, zsh and fish, not ${shell}.`)
      process.stdout.write(write(followsOf(program(), '')))
      return EXIT.ok
    },
  })

function followsOf(of: Command, path: string): Follow[] {
  const options = of.options.flatMap(({ long }) => (long === null || long === undefined ? [] : [long]))
  const commands = of.commands.map((each) => each.name())
  const inner = of.commands.flatMap((each) => followsOf(each, path === '' ? each.name() : `${path} ${each.name()}`))
  return [{ path, words: [...commands, ...options, '--help'] }, ...inner]
}

const SHELLS: Record<string, (follows: Follow[]) => string> = { bash, zsh, fish }

/** The words so far that are commands, which say what may follow. Works in bash 3.2, which macOS still has. */
const PATH_SO_FAR = (follows: Follow[]): string => `    case "$place $word" in
${follows
  .filter(({ path }) => path !== '')
  .map(({ path }) => `      "${path.includes(' ') ? '' : ' '}${path}") place="${path}" ;;`)
  .join('\n')}
    esac`

const cases = (follows: Follow[], write: (words: string[]) => string): string =>
  follows.map(({ path, words }) => `    "${path}") ${write(words)} ;;`).join('\n')

function bash(follows: Follow[]): string {
  return `# moor completion bash
_moor() {
  local current="\${COMP_WORDS[COMP_CWORD]}" place="" words="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
${PATH_SO_FAR(follows)}
  done
  case "$place" in
${cases(follows, (words) => `words="${words.join(' ')}"`)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _moor moor
`
}

function zsh(follows: Follow[]): string {
  return `#compdef moor
# moor completion zsh
_moor() {
  local place="" word
  local -a candidates
  for word in "\${(@)words[2,CURRENT-1]}"; do
${PATH_SO_FAR(follows)}
  done
  case "$place" in
${cases(follows, (words) => `candidates=(${words.join(' ')})`)}
  esac
  compadd -a candidates || _files
}
if [ "$funcstack[1]" = "_moor" ]; then _moor; else compdef _moor moor; fi
`
}

function fish(follows: Follow[]): string {
  const lines = follows.flatMap(({ path, words }) =>
    words.map((word) => {
      const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-f -a ${word}`
      return `complete -c moor -n '__moor_at "${path}"' ${what}`
    }),
  )
  return `# moor completion fish
function __moor_at
  set -l place ""
  for word in (commandline -opc)[2..-1]
    switch "$place $word"
${follows
  .filter(({ path }) => path !== '')
  .map(({ path }) => `      case "${path.includes(' ') ? '' : ' '}${path}"\n        set place "${path}"`)
  .join('\n')}
    end
  end
  test "$place" = "$argv[1]"
end
${lines.join('\n')}
`
}
