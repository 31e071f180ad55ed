"""The public names of the packages, for autodoc."""

from __future__ import annotations

import importlib
import inspect

#: What other systems may build on, beside what the two packages list in ``__all__``.
FURTHER = {
    "auction.workspace": (
        "load_workspace",
        "check_workspace",
        "parse_config",
        "write_rejected",
        "Workspace",
        "CheckReport",
        "TableCounts",
        "DefaultUsed",
    ),
    "auction.planning": ("plan_workspace", "Planning"),
    "auction.run.folder": ("RunFolder", "read_table", "read_record"),
    "auction.run.writing": ("fill_run",),
    "auction.explain": ("explain_vehicle",),
    "auction.report": ("write_report",),
    "auction.sample": ("write_sample",),
}


def names_of(module: str) -> tuple[str, ...]:
    """Return the public names of a module, in its own order."""
    listed = FURTHER.get(module) or importlib.import_module(module).__all__
    return tuple(listed)


def documented(module: str) -> str:
    """Return autodoc directives for every public name of a module."""
    loaded = importlib.import_module(module)
    lines = ["```{eval-rst}"]
    for name in names_of(module):
        thing = getattr(loaded, name)
        if inspect.isclass(thing):
            kind = "autoexception" if issubclass(thing, BaseException) else "autoclass"
            lines += [f".. {kind}:: {module}.{name}", "   :members:", ""]
        else:
            lines += [f".. autofunction:: {module}.{name}", ""]
    return "\n".join([*lines, "```"])
