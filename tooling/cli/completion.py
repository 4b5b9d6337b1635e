"""`completion`: the script by which a shell asks for what could come next."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

PROGRAM = "genai-stack"
_VARIABLE = "_GENAI_STACK_COMPLETE"

_BASH = r"""
%(complete_func)s() {
    local line kind value
    COMPREPLY=()
    while IFS= read -r line; do
        kind="${line%%%%,*}" value="${line#*,}"
        case "$kind" in
            plain) COMPREPLY+=("$value") ;;
            file|dir) compopt -o filenames -o default ;;
        esac
    done < <(env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD="$COMP_CWORD" %(complete_var)s=bash_complete \
        "$1" 2>/dev/null)
    # After a map or a key something follows: no space.
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=.] ]]; then compopt -o nospace; fi
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class Bash(BashComplete):
    """Bash 4.4 or newer, without a space after `gateway.` and `gateway.replicas=`."""

    source_template = _BASH


SHELLS: dict[str, type[ShellComplete]] = {"bash": Bash, "zsh": ZshComplete, "fish": FishComplete}


@click.command("completion")
@click.argument("shell", type=click.Choice(list(SHELLS)))
def completion(shell: str) -> None:
    """Print the completion of a shell, to be read by it.

    \b
    bash: genai-stack completion bash > ~/.local/share/bash-completion/completions/genai-stack
    zsh:  genai-stack completion zsh > ~/.zfunc/_genai-stack     # a folder of fpath
    fish: genai-stack completion fish > ~/.config/fish/completions/genai-stack.fish
    """  # noqa: D301 - click looks for a backspace, not for a backslash
    root = click.get_current_context().find_root().command
    writer = SHELLS[shell](root, {}, PROGRAM, _VARIABLE)
    # Not its source(): that runs bash to ask for its version, and the script may be for another machine.
    click.echo((writer.source_template % writer.source_vars()).strip())
