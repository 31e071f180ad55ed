"""Time and memory against the number of vehicles, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.allocation.measured import Measured


def plot(fleets: Sequence[Measured], path: Path) -> None:
    """Draw the processor's time, the clock's and the memory of plans, both axes logarithmic.

    Parameters
    ----------
    fleets : sequence of Measured
        Plans of one family at several sizes.
    path : Path
        An SVG, PNG or HTML file to write.
    """
    import altair as alt
    import polars as pl

    rows = [
        {"vehicles": one.fleet.vehicles, "measure": measure, "value": value}
        for one in fleets
        for measure, value in (
            ("seconds of the processor", one.processor),
            ("seconds", one.seconds),
            ("GiB", one.memory),
        )
    ]
    scale = alt.Scale(type="log")
    chart = (
        alt.Chart(pl.DataFrame(rows))
        .mark_line(point=True)
        .encode(
            x=alt.X("vehicles:Q", scale=scale, title="vehicles"),
            y=alt.Y("value:Q", scale=scale, title=None),
            color=alt.Color("measure:N", title=None),
        )
        .properties(width=520, height=320, title="Plans of 40 options and 1,024 scenarios")
    )
    chart.save(path)
