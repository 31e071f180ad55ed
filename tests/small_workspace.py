"""A small but whole workspace, cut from the bundled sample: every table, few rows."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

SAMPLE = Path(__file__).resolve().parent.parent / "data" / "sample"

#: Tables whose rows belong to a vehicle of the fleet.
OWNED = ("holds.csv", "overrides.csv")


def cut_sample(
    folder: Path, *, vehicles: int = 30, sales: int = 400, scenarios: int = 128, weeks: int = 8
) -> Path:
    """Write a workspace with the first vehicles, the newest sales and few scenarios.

    Parameters
    ----------
    folder : Path
        New folder.
    vehicles, sales : int
        Rows kept.
    scenarios : int
        Of the optimiser and of the evaluation.
    weeks : int
        Horizon.

    Returns
    -------
    Path
        The folder.
    """
    folder.mkdir(parents=True)
    for item in SAMPLE.iterdir():
        if item.suffix in (".csv", ".parquet", ".toml"):
            (folder / item.name).write_bytes(item.read_bytes())
    fleet = read(folder / "vehicles.csv")[:vehicles]
    write(folder / "vehicles.csv", fleet)
    offered = sorted(read(folder / "sales.csv"), key=lambda row: row["offered_on"])
    last = _as_of(folder).isoformat()
    write(folder / "sales.csv", [row for row in offered if row["offered_on"] <= last][-sales:])
    kept = {row["vehicle_id"] for row in fleet}
    for name in OWNED:
        write(
            folder / name,
            [row for row in read(folder / name) if row["vehicle_id"] in kept],
            list(read(folder / name)[0]),
        )
    settings = (folder / "disposal.toml").read_text(encoding="utf-8")
    settings = settings.replace("weeks = 8", f"weeks = {weeks}", 1)
    settings += f"\n[simulation]\nscenarios = {scenarios}\nevaluation_scenarios = {scenarios}\n"
    (folder / "disposal.toml").write_text(settings, encoding="utf-8")
    return folder


def read(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file as texts by column."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: list[dict[str, str]], columns: list[str] | None = None) -> None:
    """Write rows as a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns or list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _as_of(folder: Path) -> date:
    for line in (folder / "disposal.toml").read_text(encoding="utf-8").splitlines():
        if line.startswith("as_of"):
            return date.fromisoformat(line.split("=")[1].split("#")[0].strip())
    raise ValueError("the sample states no planning date")
