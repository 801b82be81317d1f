import { Argument, Command } from 'commander'

const SHELLS = ['bash', 'zsh', 'fish'] as const

/** @param root the complete program, from which the words are read. */
export const completion = (root: () => Promise<Command>) =>
  new Command('completion')
    .description('print a shell completion script: source <(cti-server completion bash)')
    .addArgument(new Argument('<shell>', 'shell').choices(SHELLS))
    .action(async (shell: (typeof SHELLS)[number]) => console.log(SCRIPTS[shell](offersOf(await root()))))

interface Offer {
  /** The words before the completion: `apps create`, or empty. */
  path: string
  words: string[]
}

/** The completions of each command: its subcommands and visible flags. */
function offersOf(command: Command, path: string[] = []): Offer[] {
  const flags = command.options.filter(({ hidden }) => !hidden).map(({ long }) => long ?? '')
  const words = [...command.commands.map((child) => child.name()), ...flags.filter(Boolean), '--help']
  const children = command.commands.flatMap((child) => offersOf(child, [...path, child.name()]))
  return [{ path: path.join(' '), words: [...new Set(words)] }, ...children]
}

const cases = (offers: Offer[]) =>
  offers.map(({ path, words }) => `    '${path}') words='${words.join(' ')}' ;;`).join('\n')

const bash = (offers: Offer[]) => `_cti_server() {
  local word path='' words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${cases(offers)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
  [ -n "$words" ] || COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _cti_server cti-server`

const zsh = (offers: Offer[]) => `autoload -U +X bashcompinit && bashcompinit\n${bash(offers)}`

const fish = (offers: Offer[]) =>
  offers
    .flatMap(({ path, words }) => {
      const before = path.split(' ').filter(Boolean)
      const when = before.length > 0 ? `-n "__fish_seen_subcommand_from ${before.at(-1)}"` : '-n __fish_use_subcommand'
      return words.map((word) =>
        word.startsWith('--')
          ? `complete -c cti-server ${when} -l ${word.slice(2)}`
          : `complete -c cti-server -f ${when} -a ${word}`,
      )
    })
    .join('\n')

const SCRIPTS = { bash, zsh, fish }
