"""Results that are kept: settings found and forecasts made, each with what it was made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl


def fingerprint(rows: pl.DataFrame) -> str:
    """Return a hash of all that stands in the rows."""
    return hashlib.sha256(rows.write_csv().encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of results; one is made again where what it is made of has changed.

    Attributes
    ----------
    folder : pathlib.Path
    """

    folder: Path

    def frame(
        self, name: str, made_of: dict[str, Any], make: Callable[[], pl.DataFrame]
    ) -> pl.DataFrame:
        """Return the kept table of that name, or make and keep it."""
        kept, told = self.folder / f"{name}.parquet", self.folder / f"{name}.json"
        if kept.exists() and _same(told, made_of):
            return pl.read_parquet(kept)
        made = make()
        self.folder.mkdir(parents=True, exist_ok=True)
        told.unlink(missing_ok=True)
        aside = kept.with_suffix(".aside")
        made.write_parquet(aside)
        aside.replace(kept)
        _write(told, {"made_of": made_of})
        return made

    def read(self, name: str, made_of: dict[str, Any]) -> Any:
        """Return the kept value of that name, None where there is none made of the same."""
        told = self.folder / f"{name}.json"
        if not _same(told, made_of):
            return None
        return json.loads(told.read_text(encoding="utf-8"))["value"]

    def write(self, name: str, made_of: dict[str, Any], value: Any) -> None:
        """Keep a value under a name."""
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(self.folder / f"{name}.json", {"made_of": made_of, "value": value})


def _same(told: Path, made_of: dict[str, Any]) -> bool:
    if not told.exists():
        return False
    before = json.loads(told.read_text(encoding="utf-8"))["made_of"]
    return bool(before == json.loads(json.dumps(made_of)))


def _write(path: Path, content: dict[str, Any]) -> None:
    aside = path.with_suffix(".aside")
    aside.write_text(json.dumps(content, indent=1), encoding="utf-8")
    aside.replace(path)
