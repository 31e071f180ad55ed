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


def inherits(thing: type) -> bool:
    """Whether a class takes methods from another of its own package, which stand on no page."""
    package = thing.__module__.partition(".")[0]
    return any(
        base.__module__.partition(".")[0] == package
        and any(
            inspect.isfunction(one) and not name.startswith("_") for name, one in vars(base).items()
        )
        for base in thing.__mro__[1:]
    )


def documented(module: str) -> str:
    """Return autodoc directives for every public name of a module."""
    loaded = importlib.import_module(module)
    lines = ["```{eval-rst}"]
    for name in names_of(module):
        thing = getattr(loaded, name)
        if inspect.isclass(thing):
            kind = "autoexception" if issubclass(thing, BaseException) else "autoclass"
            lines += [f".. {kind}:: {module}.{name}", "   :members:"]
            if inherits(thing):
                lines.append("   :inherited-members:")
            lines.append("")
        else:
            lines += [f".. autofunction:: {module}.{name}", ""]
    return "\n".join([*lines, "```"])
