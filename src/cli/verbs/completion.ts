import type { Command } from "commander";
import { PhoenixError } from "../../domain/errors.ts";
import { exits } from "../../domain/exit.ts";
import type { Register } from "../program.ts";

/** `phoenix completion bash|zsh|fish`: made from the command tree, so it cannot fall behind it. */
export const registerCompletion: Register = (program, context, run) => {
  program
    .command("completion")
    .description("print shell completion")
    .argument("<shell>", "bash, zsh or fish")
    .addHelpText(
      "after",
      "\nExamples:\n  phoenix completion bash > ~/.local/share/bash-completion/completions/phoenix\n  phoenix completion fish > ~/.config/fish/completions/phoenix.fish",
    )
    .action(
      run(async (shell: string) => {
        const make = shells[shell as keyof typeof shells];
        if (make === undefined)
          throw new PhoenixError("usage", `Cannot complete for '${shell.slice(0, 40)}': there are bash, zsh and fish.`);
        context.out(make(commandWords(program)));
        return exits.done;
      }),
    );
};

/** `""` -> the verbs, `sandbox` -> its verbs and flags, `sandbox up` -> its flags. */
type Words = ReadonlyMap<string, readonly { readonly word: string; readonly description: string }[]>;

function commandWords(command: Command, path = ""): Words {
  const visible = command.createHelp().visibleCommands(command);
  const own = [
    ...visible.map((child) => ({ word: child.name(), description: child.description() })),
    ...command
      .createHelp()
      .visibleOptions(command)
      .flatMap((option) => (option.long == null ? [] : [{ word: option.long, description: option.description }])),
  ];
  const below = visible
    .filter((child) => child.name() !== "help")
    .flatMap((child) => [...commandWords(child, path === "" ? child.name() : `${path} ${child.name()}`)]);
  return new Map([[path, own], ...below]);
}

const shells = { bash, zsh, fish } as const;

function cases(words: Words): string {
  return [...words].map(([path, own]) => `    "${path}") words="${own.map(({ word }) => word).join(" ")}" ;;`).join("\n");
}

const pathScript = `path=""
  for word in "\${before[@]}"; do
    case $word in -*) ;; *) case " $known " in *" \${path:+$path/}$word "*) path="\${path:+$path }$word"; esac ;; esac
  done`;

function known(words: Words): string {
  return [...words.keys()]
    .filter(Boolean)
    .map((path) => path.replaceAll(" ", "/"))
    .join(" ");
}

/** Files come last: most verbs take a folder or a Compose file. */
function bash(words: Words): string {
  return `# phoenix completion for bash
_phoenix() {
  local words path word before=("\${COMP_WORDS[@]:1:COMP_CWORD-1}") known="${known(words)}"
  ${pathScript.replaceAll("$path/", "${path// //}/")}
  case $path in
${cases(words)}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"; compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -o filenames -F _phoenix phoenix
`;
}

function zsh(words: Words): string {
  return `#compdef phoenix
autoload -U +X bashcompinit && bashcompinit
${bash(words)}`;
}

function fish(words: Words): string {
  const lines = [...words].flatMap(([path, own]) => {
    const condition =
      path === ""
        ? "__fish_use_subcommand"
        : path
            .split(" ")
            .map((word) => `__fish_seen_subcommand_from ${word}`)
            .join("; and ");
    return own.map(({ word, description }) => {
      const what = word.startsWith("--") ? `-l ${word.slice(2)}` : `-a ${word}`;
      return `complete -c phoenix -n '${condition}' ${what} -d '${description.replaceAll("'", "\\'")}'`;
    });
  });
  return `# phoenix completion for fish\n${lines.join("\n")}\n`;
}
