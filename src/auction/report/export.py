"""Every chart of a run as a picture of its own, for slides and letters."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from auction.errors import MissingFontError, RunFolderError
from auction.report.drawing import Chart, drawn, labelled
from auction.report.language import ENGLISH, current, speaking
from auction.report.page import drawings, language_of, need_extra, replace_file
from auction.report.source import read_source

#: Kinds of picture.
FORMS: Final = ("png", "svg")
#: Dots of a PNG for each pixel of a chart: 1,400 dots wide, sharp at 12 cm on paper.
_SCALE: Final = 2.0
#: Room for the title, pixels.
_HEAD: Final = 54
#: A character that every font for Chinese has.
_LETTER: Final = "\u4e2d"
#: Drawn to see whether a letter has a picture.
PROBE: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">'
    '<text x="4" y="30" font-size="24" font-family="sans-serif">{}</text></svg>'
)


def export_charts(
    run: Path, form: str, folder: Path | None = None, *, language: str | None = None
) -> list[Path]:
    """Write every chart of a run as a picture with its title.

    Parameters
    ----------
    run : Path
        Run folder; only its files are read.
    form : str
        "png" or "svg". A PNG carries its letters, drawn with the fonts of this machine; an SVG
        names fonts and is drawn with those of whoever opens it.
    folder : Path, optional
        Where to write, made where it is missing; ``charts`` in the run folder by default.
        Pictures of the same names are replaced.
    language : str, optional
        As for :func:`auction.report.write_report`.

    Returns
    -------
    list of Path
        The pictures, in the order of the report.

    Raises
    ------
    MissingExtraError
        Where the packages of the extra ``report`` are not installed.
    MissingFontError
        Where a PNG in Chinese is asked for and no font has its characters.
    RunFolderError
        Where the run folder, or a file of it, is missing or damaged.
    ValueError
        Where there is no such form or language.
    """
    if form not in FORMS:
        raise ValueError(f"form must be one of {', '.join(FORMS)}, not {form!r}")
    need_extra("the charts")
    run = Path(run)
    source = read_source(run)
    with speaking(language_of(source, language)):
        if form == "png" and current().code != ENGLISH.code:
            _check_font()
        try:
            charts = drawings(source)
        except (KeyError, ValueError, pl.exceptions.PolarsError) as error:
            raise RunFolderError(f"{run} does not hold what its charts need: {error!r}") from error
        target = run / "charts" if folder is None else Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        return [
            replace_file(target / f"{chart.name}.{form}", _picture(chart, form)) for chart in charts
        ]


def _picture(chart: Chart, form: str) -> bytes:
    spec = chart.specs["wide"]
    titled = {
        **spec,
        "height": spec["height"] + _HEAD,
        "padding": 14,
        "title": {"text": chart.title, "anchor": "start", "fontSize": 15, "offset": 14},
    }
    picture = drawn(titled, form, _SCALE)
    if form == "png":
        return bytes(picture)
    return f"{labelled(picture, chart.name, chart.title, chart.description)}\n".encode()


def _check_font() -> None:
    """Refuse to draw empty boxes, or nothing, for letters that no font has."""
    import vl_convert

    nobodys = vl_convert.svg_to_png(PROBE.format("\ue83a"))
    if vl_convert.svg_to_png(PROBE.format(_LETTER)) == nobodys:
        raise MissingFontError(current().code)
