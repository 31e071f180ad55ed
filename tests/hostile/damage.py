"""Ways to spoil a table: bytes, rows and cells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from small_workspace import read, write

Damage = Callable[[Path], object]


def content(name: str, data: bytes | Callable[[bytes], bytes]) -> Damage:
    """Put other bytes in the place of a file's."""

    def damage(folder: Path) -> None:
        path = folder / name
        path.write_bytes(data(path.read_bytes()) if callable(data) else data)

    return damage


def cells(table: str, column: str, *values: str) -> Damage:
    """Write values into the first rows of a column, one into all of them."""

    def damage(folder: Path) -> None:
        rows = read(folder / f"{table}.csv")
        for number, row in enumerate(rows):
            if len(values) == 1 or number < len(values):
                row[column] = values[number % len(values)]
        write(folder / f"{table}.csv", rows)

    return damage


def rows(table: str, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> Damage:
    """Write other rows."""

    def damage(folder: Path) -> None:
        before = read(folder / f"{table}.csv")
        write(folder / f"{table}.csv", change(before), list(before[0]))

    return damage


def setting(line: str, instead: str) -> Damage:
    """Write other text for the line of the settings that begins with a text."""

    def damage(folder: Path) -> None:
        path = folder / "disposal.toml"
        lines = path.read_text(encoding="utf-8").splitlines()
        place = next(number for number, text in enumerate(lines) if text.startswith(line))
        lines[place] = instead
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    return damage


def settings(text: str) -> Damage:
    """Add text at the end of the settings."""
    return content("disposal.toml", lambda before: before + text.encode())


def also(*damages: Damage) -> Damage:
    """Do one after the other."""

    def damage(folder: Path) -> None:
        for each in damages:
            each(folder)

    return damage


def renamed(table: str, old: list[str], new: list[str], *columns: tuple[str, str]) -> Damage:
    """Rename ids of a table and wherever other tables refer to them."""

    def damage(folder: Path) -> None:
        names = dict(zip(old, new, strict=True))
        for name, column in columns:
            lines = read(folder / f"{name}.csv")
            for line in lines:
                line[column] = names.get(line[column], line[column])
            if lines:
                write(folder / f"{name}.csv", lines)

    return damage


def file_of(table: str, name: str) -> Damage:
    """Let the settings name another file for a table."""
    return setting(f'file = "{table}.', f"file = {name!r}")
