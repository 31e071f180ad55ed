"""Charts as SVG that needs nothing from outside the page, the same bytes every time."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import altair as alt

    Drawing = alt.LayerChart | alt.FacetChart

#: Widths a chart is drawn at, pixels: for a desk's screen, for paper, and for a telephone.
WIDTHS: Final = {"wide": 1060, "middle": 700, "narrow": 350}
INK: Final = "#1c2733"
MUTED: Final = "#51606f"
_FONT: Final = "Liberation Sans, Arial, Helvetica, sans-serif"


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart at each width.

    Parameters
    ----------
    title : str
        What it shows, for those who do not see it.
    description : str
        What is to be seen in it.
    svg : dict of str to str
        Markup by width name.
    """

    title: str
    description: str
    svg: dict[str, str]


def chart_of(values: Sequence[dict[str, Any]]) -> alt.Chart:
    """Return a chart without marks over rows of values."""
    import altair as alt

    return alt.Chart(alt.InlineData(values=list(values)))


def rendered(name: str, title: str, description: str, draw: Callable[[int], Drawing]) -> Chart:
    """Draw a chart at each width.

    Parameters
    ----------
    name : str
        Beginning of the ids in its markup.
    title, description : str
        Read to those who do not see the chart.
    draw : callable
        Returns the chart for a width in pixels.
    """
    return Chart(
        title,
        description,
        {
            size: _svg(draw(width), f"{name}-{size}", title, description)
            for size, width in WIDTHS.items()
        },
    )


def _svg(chart: Drawing, name: str, title: str, description: str) -> str:
    """Return a chart as SVG with a title, a description and ids that are its own.

    The renderer counts its clip paths through the life of the process; they are numbered anew
    here, so that the same chart has the same bytes wherever it is drawn.
    """
    written = io.StringIO()
    _themed(chart).save(written, format="svg")
    text = written.getvalue().strip()
    ids = dict.fromkeys(re.findall(r'\bid="([^"]+)"', text))
    for number, old in enumerate(ids):
        new = f"{name}-{number}"
        text = text.replace(f'id="{old}"', f'id="{new}"').replace(f"url(#{old})", f"url(#{new})")
    head = (
        f'<svg role="img" aria-labelledby="{name}-title {name}-text"'
        f' xmlns="http://www.w3.org/2000/svg"'
    )
    labels = (
        f'<title id="{name}-title">{html.escape(title)}</title>'
        f'<desc id="{name}-text">{html.escape(description)}</desc>'
    )
    start = text.index(">") + 1
    opening = re.search(r'viewBox="[^"]+"', text[:start])
    width = re.search(r'\bwidth="([\d.]+)"', text[:start])
    if opening is None or width is None:
        raise ValueError("the renderer wrote an SVG without a view box")
    return f'{head} {opening[0]} style="max-width:{float(width[1]):g}px">{labels}{text[start:]}'


def _themed(chart: Drawing) -> Drawing:
    themed: Drawing = (
        chart.properties(
            autosize={"type": "fit", "contains": "padding"}, padding=4, background="white"
        )
        .configure(font=_FONT, aria=False)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=MUTED, titleColor=INK, labelFontSize=11, titleFontSize=11,
            titleFontWeight="normal", gridColor="#e3e8ed", domainColor="#9aa3ad",
            tickColor="#9aa3ad", titlePadding=8,
        )
        .configure_legend(labelColor=INK, labelFontSize=11, symbolSize=110, labelLimit=240,
                          columnPadding=18)
    )  # fmt: skip
    return themed
