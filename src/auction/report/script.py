"""The script that draws live charts, bundled once for each release of what bundles it."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final

#: What the page's own script calls.
_SNIPPET: Final = "window.vegaEmbed = vegaEmbed;"


@cache
def bundle() -> str:
    """Return the script that draws live charts: Vega, Vega-Lite and Vega-Embed in one.

    To bundle it takes longer than to draw all charts of a report, and depends on the release of
    vl-convert alone. So it is kept in :func:`kept_in`, with a digest: what was damaged or cannot
    be kept is bundled anew, and the script is the same. A folder that others own, or may write to,
    is left alone.

    Returns
    -------
    str
        Text of a script element.

    Raises
    ------
    ValueError
        Where the script would break out of its element.
    """
    import vl_convert

    release = f"{version('vl-convert-python')}\n{_SNIPPET}"
    folder = kept_in()
    if folder is not None and not _own(folder):
        folder = None
    name = f"vega-{sha256(release.encode()).hexdigest()[:16]}.js"
    script = None if folder is None else _read(folder / name)
    if script is None:
        script = str(vl_convert.javascript_bundle(_SNIPPET))
        if folder is not None:
            # A cache that cannot be written costs time and nothing else.
            with suppress(OSError):
                _write(folder / name, script)
    if "</script" in script.lower() or "<!--" in script:
        raise ValueError("the bundle of Vega cannot stand inside a page")
    return script


def kept_in() -> Path | None:
    """Return the folder of the user's cache: below ``XDG_CACHE_HOME``, else ``~/.cache``.

    None where the user has no home, as in a container that runs under a number of its own.
    """
    told = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        # By the standard of these folders a relative path is to be passed over.
        root = told if told.is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        return None
    return root / "residual-auction"


def _own(folder: Path) -> bool:
    """Whether a folder is this user's alone to write to, or yet to be made."""
    try:
        told = folder.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    others = stat.S_IWGRP | stat.S_IWOTH
    return os.name != "posix" or (told.st_uid == os.geteuid() and not told.st_mode & others)


def _read(path: Path) -> str | None:
    """Return what was kept, None where it is missing or damaged."""
    try:
        digest, _, content = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    if sha256(content).hexdigest().encode() != digest:
        return None
    return content.decode()


def _write(path: Path, script: str) -> None:
    content = script.encode()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(sha256(content).hexdigest().encode() + b"\n" + content)
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
