/** Completion for bash and zsh, made from the commands themselves. */
import type { Command } from "commander";

/** `rosterbridge completion bash >> ~/.bashrc`, or `zsh`. */
export function completionScript(program: Command, shell: string): string {
  const name = program.name();
  const paths = commandPaths(program, "");
  if (shell === "zsh") {
    return `autoload -U +X bashcompinit && bashcompinit\n${bashScript(name, paths)}`;
  }
  return bashScript(name, paths);
}

/** What may follow each command: its own commands and options. */
function commandPaths(command: Command, path: string): [path: string, words: string[]][] {
  const inner = command.commands.filter((it) => it.name() !== "help");
  const options = command.options.map((option) => option.long ?? option.short!);
  const own: [string, string[]] = [path, [...inner.map((it) => it.name()), ...options, "--help"]];
  return [own, ...inner.flatMap((it) => commandPaths(it, `${path} ${it.name()}`.trim()))];
}

// Words that are no command (a school, an id) leave the path as it is; file names are the shell's own.
function bashScript(name: string, paths: [string, string[]][]): string {
  const cases = paths.map(([path, words]) => `    "${path}") echo "${words.join(" ")}" ;;`).join(
    "\n",
  );
  return `_${name}_words() {
  case "$1" in
${cases}
    *) return 1 ;;
  esac
}
_${name}() {
  local path="" word next
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    next="\${path:+$path }$word"
    _${name}_words "$next" >/dev/null && path="$next"
  done
  COMPREPLY=($(compgen -W "$(_${name}_words "$path")" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _${name} ${name}
`;
}
