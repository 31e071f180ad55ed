"""Fill the marks ``<!-- generated: NAME -->`` of a page with what the package itself tells."""

from __future__ import annotations

import re
from typing import Any

import commands
import input_tables
import names
import output_files
import settings
from sphinx.application import Sphinx

_MARK = re.compile(r"<!-- generated: ([\w. ]+) -->")

MAKERS = {
    "tables": input_tables.all_tables,
    "units": input_tables.units,
    "settings": settings.all_settings,
    "outputs": output_files.all_outputs,
    "commands": commands.all_commands,
    "exit codes": commands.exit_codes,
}


def fill(text: str) -> str:
    """Return a page with its marks filled.

    Parameters
    ----------
    text : str
        The page; an unknown mark raises KeyError.
    """
    return _MARK.sub(lambda found: _made(found.group(1)), text)


def _made(name: str) -> str:
    if name.startswith("names of "):
        return names.documented(name.removeprefix("names of "))
    return MAKERS[name]()


def _on_source(_: Sphinx, __: str, source: list[str]) -> None:
    source[0] = fill(source[0])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("source-read", _on_source)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
