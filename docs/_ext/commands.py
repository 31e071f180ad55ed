"""The command line in Markdown, as its own help tells it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer
from markdown import cell, code, sentence, table

from auction.cli import app, exits

#: What each exit code of `auction.cli.exits` means to who called.
EXITS = {
    "DONE": (0, "done"),
    "USAGE": (exits.USAGE, "wrong usage, or a file or folder that cannot be read or written"),
    "INPUT": (exits.INPUT, "the input is at fault; every fault is told, nothing is written"),
    "INFEASIBLE": (exits.INFEASIBLE, "no plan keeps every rule; the rules in conflict are named"),
    "LIMIT": (
        exits.LIMIT,
        "stopped at a limit, or by Ctrl-C during the search; the run is written, not all proven",
    ),
    "INTERRUPTED": (exits.INTERRUPTED, "ended by Ctrl-C; nothing is written"),
    "TERMINATED": (exits.TERMINATED, "ended by SIGTERM; nothing is written"),
}


def commands() -> dict[str, Any]:
    """Return every command by its name."""
    group = typer.main.get_command(app)
    return dict(getattr(group, "commands", {}))


def all_commands() -> str:
    """Return a section for every command."""
    return "\n".join(part for name in commands() for part in _section(name))


def _section(name: str) -> Iterator[str]:
    command = commands()[name]
    yield f"(command-{name})=\n## disposal {name}\n"
    pieces = dict.fromkeys(_usage(param) for param in command.params)
    yield f"```text\ndisposal {name} {' '.join(pieces)}\n```\n"
    for paragraph in (command.help or "").replace("\x08", "").split("\n\n"):
        yield cell(paragraph) + "\n"
    yield table(("argument or option", "meaning"), (_row(param) for param in command.params))


def _usage(param: Any) -> str:
    if param.param_type_name == "argument":
        name = (param.metavar or param.name or "").upper()
        return name if param.required else f"[{name.strip('[]')}]"
    return f"{param.opts[0]} {_metavar(param)}".strip() if param.required else "[options]"


def _metavar(param: Any) -> str:
    flag = getattr(param, "is_flag", False)
    return "" if flag else (param.name or "").upper().replace("_", "-")


def _row(param: Any) -> tuple[str, str]:
    if param.param_type_name == "argument":
        name = code((param.name or "").upper())
    else:
        opts = [*param.opts, *param.secondary_opts]
        name = ", ".join(code(f"{opt} {_metavar(param)}".strip()) for opt in opts)
    words = sentence(getattr(param, "help", None) or "")
    if param.required:
        words += " Required."
    default = param.default
    if default not in (None, False, ()) and not callable(default) and not param.required:
        words += f" Default: {code(default)}."
    return name, words


def exit_codes() -> str:
    """Return the exit codes."""
    return table(("code", "meaning"), ((str(number), words) for number, words in EXITS.values()))
