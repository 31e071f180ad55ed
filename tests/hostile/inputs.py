"""Hostile workspaces by name: what each does to a small sound one."""

from __future__ import annotations

import gzip
import io
import os
import random
import zipfile
from pathlib import Path
from typing import Final

from hostile.damage import Damage, also, cells, content, file_of, renamed, rows, setting, settings
from small_workspace import SAMPLE, read

SCRIPT: Final = "</script><img src=x onerror=alert(7)>\"'`<!--"
FORMULA: Final = '=HYPERLINK("http://x","y")'
NOISE: Final = random.Random(7).randbytes(50_000)
#: The vehicles of the sound workspace, as it is cut from the sample.
FLEET: Final = [row["vehicle_id"] for row in read(SAMPLE / "vehicles.csv")[:12]]
#: Tables that name vehicles of the fleet.
OWNERS: Final = (("vehicles", "vehicle_id"), ("holds", "vehicle_id"), ("overrides", "vehicle_id"))


def ids(*new: str) -> Damage:
    """Give the first vehicles other ids."""
    return renamed("vehicles", FLEET[: len(new)], list(new), *OWNERS)


def link(name: str, target: str) -> Damage:
    """Put a link in the place of a file."""

    def damage(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).symlink_to(target)

    return damage


def pipe(name: str) -> Damage:
    """Put a named pipe, at which nobody writes, in the place of a file."""

    def damage(folder: Path) -> None:
        (folder / name).unlink()
        os.mkfifo(folder / name)

    return damage


def folder_named(name: str) -> Damage:
    """Put a folder in the place of a file."""

    def damage(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).mkdir()

    return damage


def loop(folder: Path) -> None:
    """Let two links name each other."""
    (folder / "vehicles.csv").unlink()
    (folder / "vehicles.csv").symlink_to("other.csv")
    (folder / "other.csv").symlink_to("vehicles.csv")


def bomb(folder: Path) -> None:
    """Write a workbook whose sheet unpacks to a gigabyte."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(1024):
                sheet.write(b"0" * (1 << 20))
    (folder / "vehicles.xlsx").write_bytes(data.getvalue())
    file_of("vehicles", "vehicles.xlsx")(folder)


def one_long_line(folder: Path) -> None:
    """Add a cell of 200 MB."""
    with (folder / "vehicles.csv").open("ab") as file:
        for _ in range(200):
            file.write(b"x" * 1_000_000)


def wide(before: bytes) -> bytes:
    """Add 100,000 columns."""
    head, *others = before.splitlines()
    more = b"".join(b",c%d" % number for number in range(100_000))
    return b"\n".join([head + more, *(line + b"," * 100_000 for line in others)]) + b"\n"


def torn(size: int) -> Damage:
    """Cut the market series short."""
    return content("index.parquet", lambda before: before[:size])


def pinned_to_one(folder: Path) -> None:
    """Pin the whole fleet to one auction that has one slot."""
    cells("events", "capacity", "1")(folder)
    text = "vehicle_id,action,venue_id,channel,event_id,reason,who\n"
    text += "".join(f"{name},pin,DAL,,,x,y\n" for name in FLEET)
    (folder / "overrides.csv").write_text(text, encoding="utf-8")


def all_held(folder: Path) -> None:
    """Bar every vehicle by law."""
    text = "vehicle_id,kind,until\n" + "".join(f"{name},court,2030-01-01\n" for name in FLEET)
    (folder / "holds.csv").write_text(text, encoding="utf-8")


HOSTILE: Final[dict[str, Damage]] = {
    # bytes
    "NUL bytes": content("vehicles.csv", lambda before: before.replace(b"a", b"\0", 5)),
    "not UTF-8": content("vehicles.csv", lambda before: before + b"\xff\xfe\xfd,\x81\n"),
    "UTF-16 unsaid": content("sales.csv", lambda before: before.decode().encode("utf-16")),
    "UTF-32 unsaid": content("venues.csv", lambda before: before.decode().encode("utf-32")),
    "two byte order marks": content("vehicles.csv", lambda before: b"\xef\xbb\xbf" * 2 + before),
    "noise": content("vehicles.csv", NOISE),
    "nothing": content("vehicles.csv", b""),
    "empty lines alone": content("sales.csv", b"\n" * 5_000_000),
    "packed by gzip": content("sales.csv", gzip.compress),
    "Parquet cut short": torn(900),
    "Parquet without its end": torn(-4),
    "Parquet of noise": content("index.parquet", b"PAR1" + NOISE + b"PAR1"),
    "workbook that unpacks to a gigabyte": bomb,
    "workbook that is none": also(
        content("vehicles.csv", NOISE),
        lambda folder: (folder / "vehicles.csv").rename(folder / "v.xlsx"),
        file_of("vehicles", "v.xlsx"),
    ),
    # structure of CSV
    "line of 200 MB": one_long_line,
    "100,000 columns": content("vehicles.csv", wide),
    "row of 100,000 cells": content("vehicles.csv", lambda before: before + b"x," * 100_000),
    "quote never closed": content("sales.csv", lambda before: before + b'"never closed\n' * 3),
    "quotes everywhere": content("vehicles.csv", lambda before: before + b'"""",' * 9 + b'"\n'),
    "short row": content("vehicles.csv", lambda before: before + b"Z1,Toyota\n"),
    "header twice": content("vehicles.csv", lambda before: before.splitlines()[0] + b"\n" + before),
    "columns named twice": content("vehicles.csv", lambda text: text.replace(b"make", b"model")),
    "header alone": content("vehicles.csv", lambda before: before.splitlines()[0] + b"\n"),
    "old line ends": content("vehicles.csv", lambda before: before.replace(b"\n", b"\r")),
    "semicolons": content("vehicles.csv", lambda before: before.replace(b",", b";")),
    "lines within cells": cells("vehicles", "colour", "red\nand\r\nblue", 'a "quoted", cell'),
    # settings
    "broken settings": settings("[broken\n"),
    "settings of noise": content("disposal.toml", NOISE),
    "settings with NUL": settings("\0"),
    "100,000 brackets": settings("x = " + "[" * 100_000),
    "100,000 inline tables": settings("x = " + "{a=" * 100_000),
    "key of 20,000 parts": settings("\n[" + ".".join("a" * 20_000) + "]\n"),
    "arrays that double": settings(
        "".join(f"\nx{n} = [{', '.join(['[1, 1]'] * 2**n)}]" for n in range(12))
    ),
    "100,000 limits": settings("\n[[limits]]\nby = 'venue_id'\nmax_share = 0.9\n" * 100_000),
    "settings that do not exist": settings("\n[allhpa]\nweigth = 1\n"),
    "planned for the year 9999": setting("as_of", "as_of = 9999-12-31"),
    "planned for the year 1": setting("as_of", "as_of = 0001-01-01"),
    "seed of 30 digits": setting("seed", f"seed = {10**30}"),
    "appetite that is no number": setting("alpha", "alpha = nan"),
    "holding without end of cost": setting("holding_per_day", "holding_per_day = inf"),
    "holding at 1e308 a day": setting("holding_per_day", "holding_per_day = 1e308"),
    "rate of a million a year": setting("discount_rate", "discount_rate = 1e6"),
    "a billion weeks": setting("weeks", "weeks = 1000000000"),
    "a billion scenarios": setting("scenarios", "scenarios = 1000000000"),
    "search without end": also(
        setting("gap", "gap = 0.0\nwork = 1e300"), setting("seconds", "seconds = 1e300")
    ),
    # files
    "file outside": file_of("vehicles", "../../../../etc/passwd"),
    "absolute file": file_of("vehicles", "/etc/passwd"),
    "file that is the workspace": file_of("vehicles", "."),
    "file with NUL": setting('file = "vehicles.', 'file = "a\\u0000b.csv"'),
    "file in a link to outside": link("vehicles.csv", "/etc/passwd"),
    "file in a link to zeros": link("vehicles.csv", "/dev/zero"),
    "links in a circle": loop,
    "file that is a pipe": pipe("vehicles.csv"),
    "file that is a folder": folder_named("vehicles.csv"),
    "settings that are a pipe": pipe("disposal.toml"),
    "settings that are a folder": folder_named("disposal.toml"),
    "settings in a link to zeros": link("disposal.toml", "/dev/zero"),
    # values
    "odometers of 1e308": cells("vehicles", "odometer", "1e308", "-1e308", "9" * 400),
    "prices of 1e308": cells("sales", "price", *["1e308"] * 5),
    "prices of every size": cells("sales", "price", *[f"1e{n}" for n in range(-8, 19)]),
    "numbers that are none": cells("vehicles", "odometer", "inf", "-inf", "nan", "NaN", "0x10"),
    "fees of 1e300": cells("venues", "fee_sale", "1e300"),
    "negative fees": cells("venues", "fee_sale", "-100"),
    "ready in the year 9999": cells("vehicles", "available_from", "9999-12-31"),
    "sold in the year 1": cells("sales", "offered_on", "0001-01-01", "0000-00-00", "2026-02-30"),
    "places off the globe": cells("venues", "lat", "91", "-1e9", "1e308"),
    "transport of 1e300": cells("tariffs", "cost", "1e300"),
    "id of a million letters": ids("x" * 1_000_000),
    "ids in emoji and right to left": ids("🚗🚙", "مرحبا", "a\u202eb", "e\u0301", "é", "\u200bz"),
    "ids with escapes of a terminal": ids("\x1b[2J\x1b[31m", "\x07bell", "a\tb", "\x7f"),
    "ids that are paths": ids("../../x", "..", "/etc/passwd", "CON", "a/b\\c", "~root", "*"),
    "ids that are SQL": ids("'; DROP TABLE vehicles; --", '" OR 1=1', "Robert'); --"),
    "ids that are formulas": ids(FORMULA, "+1+1", "-2", "@SUM(A1)", "=cmd|' /C calc'!A0"),
    "ids that are markup": ids(SCRIPT, "<b>", "&amp;", "{{ 7*7 }}", "{% raw %}", "${7*7}", "%s%n"),
    "makes that are markup": also(
        cells("vehicles", "make", SCRIPT), cells("vehicles", "model", SCRIPT, "{{ 7*7 }}")
    ),
    "makes that are formulas": cells("vehicles", "make", FORMULA),
    "title that is markup": setting("title", f"title = '''{SCRIPT.replace(chr(39), '')}'''"),
    "title of a million letters": setting("title", f'title = "{"x" * 1_000_000}"'),
    "venues that are paths and markup": renamed(
        "venues", ["DAL", "ATL"], ["../../[x]:*?/\\", SCRIPT], ("venues", "venue_id"),
        ("events", "venue_id"), ("sales", "venue_id"), ("overrides", "venue_id"),
    ),
    "venue of 100,000 letters": renamed(
        "venues", ["DAL"], ["D" * 100_000], ("venues", "venue_id"), ("events", "venue_id"),
        ("overrides", "venue_id"),
    ),
    "every vehicle twice": rows("vehicles", lambda before: before + before),
    "every sale twice": rows("sales", lambda before: before + before),
    "every venue twice": rows("venues", lambda before: before + before),
    # worlds
    "no slot anywhere": cells("events", "capacity", "0"),
    "slots below zero": cells("events", "capacity", "-5"),
    "slots without number": cells("events", "capacity", "1e18"),
    "everything held": all_held,
    "everything pinned to one slot": pinned_to_one,
    "pins and bans at odds": content(
        "overrides.csv",
        (
            "vehicle_id,action,venue_id,channel,event_id,reason,who\n{0},pin,DAL,,,x,y\n"
            "{0},ban,DAL,,,x,y\n{1},pin,DAL,,,x,y\n{1},pin,ATL,,,x,y\n"
        )
        .format(*FLEET)
        .encode(),
    ),
    "dealer who asks for more than there is": cells("offers", "min_units", "1000000"),
    "nothing ever sold": cells("sales", "outcome", "no-sale"),
    "one sale": rows("sales", lambda before: before[:1]),
    "one sale many times": rows(
        "sales",
        lambda before: [before[0] | {"sale_id": f"S{n}", "vehicle_id": f"V{n}"} for n in range(90)],
    ),
    "one vehicle": rows("vehicles", lambda before: before[:1]),
    "no venue": rows("venues", lambda before: []),
    "parts in a circle": rows(
        "parts",
        lambda before: [
            row | {"needs": row["part"]} if n == 0 else row for n, row in enumerate(before)
        ],
    ),
}  # fmt: skip
