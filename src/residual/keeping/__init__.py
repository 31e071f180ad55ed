"""Fitted models in files: one archive of named parts, from which nothing is ever executed."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, TypeVar

from residual.errors import Fault, InputError
from residual.keeping.archive import RefusedError, read_archive, write_archive
from residual.keeping.tree import pack, unpack
from residual.model import ResidualModel
from residual.time_to_sale import TimeToSale

__all__ = ["FORMAT", "VERSION", "load", "load_time_to_sale", "save"]

FORMAT: Final = "residual-auction model"
#: Raised whenever a file of today would be read wrongly, or not at all, by the code of yesterday.
VERSION: Final = 1

_Kept = TypeVar("_Kept", ResidualModel, TimeToSale)


def save(model: ResidualModel | TimeToSale, path: str | os.PathLike[str]) -> None:
    """Write a fitted model to one file, in place of an older one.

    Parameters
    ----------
    model : ResidualModel or TimeToSale
    path : str or path
        The folder must exist.

    Raises
    ------
    OSError
        Where it cannot be written; an older file stands then.

    Notes
    -----
    A zip archive, its parts not compressed: ``header.json`` (format, versions, the model as a
    tree, and type, shape and SHA-256 of every array) and the arrays in NumPy's format. The same
    model gives the same bytes. It is written aside, through to the disk, and renamed. Levels of
    categories, such as makes and venues, stand in it as they stand in the sales; prices and rows
    of single sales do not, but the errors, days and groups of those that tested the forecast do.
    """
    tree, arrays = pack(model)
    as_of = model.as_of if isinstance(model, ResidualModel) else model.model.as_of
    header = {
        "format": FORMAT,
        "version": VERSION,
        "package": _package(),
        "kind": type(model).__name__,
        "as_of": as_of.isoformat(),
        "tree": tree,
    }
    write_archive(Path(path), header, arrays)


def load(path: str | os.PathLike[str]) -> ResidualModel:
    """Read a value model that `ResidualModel.save` wrote.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    ResidualModel
        It predicts and simulates the same bits as the one that was saved.

    Raises
    ------
    InputError
        If the file is missing, damaged, of another kind or of a version that is not known here.

    Notes
    -----
    Only classes and fields that this version lists are made, and none by a name in the file; a
    file cannot run code. Checksums tell damage, not who wrote a file: whoever can replace it can
    change the values.
    """
    return _load(Path(path), ResidualModel)


def load_time_to_sale(path: str | os.PathLike[str]) -> TimeToSale:
    """Read what `TimeToSale.save` wrote; as `load`.

    Raises
    ------
    InputError
        As `load`.
    """
    return _load(Path(path), TimeToSale)


def _load(path: Path, kind: type[_Kept]) -> _Kept:
    try:
        header, arrays = read_archive(path, _check)
        if header.get("kind") != kind.__name__:
            raise RefusedError(f"holds no {kind.__name__} but {header.get('kind')!r:.60}")
        return unpack(header.get("tree"), arrays, kind)
    except RefusedError as refusal:
        fault = Fault(
            refusal.rule,
            file=str(path),
            column=refusal.place,
            remedy=refusal.remedy or "fit the model anew, or take an undamaged copy",
        )
        raise InputError([fault]) from refusal


def _check(header: dict[str, object]) -> None:
    """Refuse other formats and versions before anything else of a file is looked at."""
    if header.get("format") != FORMAT:
        raise RefusedError("is no saved model: its header names another format", "format")
    found = header.get("version")
    if not isinstance(found, int) or isinstance(found, bool):
        raise RefusedError("the version of the format must be a whole number", "version")
    if found != VERSION:
        by = f"was saved in version {found} of the format, by {header.get('package')!r:.40}"
        newer = found > VERSION
        raise RefusedError(
            f"{by}; this is {_package()}, which reads version {VERSION}",
            "version",
            "install the newer residual-auction" if newer else "fit the model anew",
        )


def _package() -> str:
    try:
        return version("residual-auction")
    except PackageNotFoundError:
        return "not installed"
