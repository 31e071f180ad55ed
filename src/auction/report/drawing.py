"""Charts drawn twice: as SVG that stands by itself, and as specifications for a live page."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from auction.report.language import current, vega_locale

if TYPE_CHECKING:
    import altair as alt

    from auction.report.grid import Grid

    Drawing = alt.LayerChart | alt.FacetChart

#: Widths a chart is drawn at, pixels: for paper and a desk's screen, and for a telephone.
WIDTHS: Final = {"wide": 700, "narrow": 330}
INK: Final = "#1c2733"
MUTED: Final = "#51606f"
GAIN: Final = "#1b86ab"
LOSS: Final = "#b3372f"
PLAN: Final = "#1f4e79"
#: Letters that these lack, such as Chinese ones, are taken from any other font of the reader.
FONTS: Final = "Liberation Sans, Arial, Helvetica, sans-serif"
#: Marks of an SVG that show nothing, attributes that change nothing, and digits past a hundredth
#: of a pixel.
_UNSEEN: Final = re.compile(r'<path class="foreground"[^>]* d=""[^>]*/>|<path [^>]*opacity="0"/>')
_NOISE: Final = re.compile(
    rf' pointer-events="none"| opacity="1"| font-family="{re.escape(FONTS)}"'
)
_DIGITS: Final = re.compile(r"(\d\.\d\d)\d+")
#: Below this width, pixels, legends and labels are set closer.
SMALL: Final = 500
#: Labels of an axis of money where numbers are counted in ten thousands.
_TEN_THOUSANDS: Final = "datum.value == 0 ? '0' : format(datum.value / 1e4, ',.6~r') + '万'"
#: Zero has no unit.
_THOUSANDS: Final = "datum.value == 0 ? '0' : datum.label"


def money_axis(ticks: int, digits: str = "", **look: Any) -> alt.Axis:
    """Return an axis of money, counted in thousands and millions, or as the language counts.

    Parameters
    ----------
    ticks : int
        About how many.
    digits : str
        Figures that tell neighbouring ticks apart, such as ".5"; as few as need be by default.
    """
    import altair as alt

    labels = _TEN_THOUSANDS if current().code.startswith("zh") else _THOUSANDS
    return alt.Axis(format=f"{digits}~s", tickCount=ticks, labelExpr=labels, **look)


def month_format() -> str:
    """Return how a month stands on an axis of time."""
    return "%Y年%-m月" if current().code.startswith("zh") else "%b %Y"


def day_format() -> str:
    """Return how a day stands on an axis of time."""
    return "%Y年%-m月%-d日" if current().code.startswith("zh") else "%-d %b %Y"


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart at each width.

    Parameters
    ----------
    name : str
        Identifier in the page, and the name of its file.
    title : str
        What it shows, for those who do not see it.
    description : str
        What is to be seen in it.
    specs : dict of str to dict
        Vega-Lite specification by width name, without the configuration.
    figures : Grid or None
        Its figures as a table, where no other table of the report has them.
    paper : str
        Width name of the drawing that paper and readers without scripts see.
    """

    name: str
    title: str
    description: str
    specs: dict[str, dict[str, Any]]
    figures: Grid | None = field(default=None)
    paper: str = "wide"

    @property
    def svg(self) -> str:
        """Markup for paper and for readers without scripts, the same bytes every time."""
        return labelled(
            drawn(self.specs[self.paper], "svg"), self.name, self.title, self.description
        )

    @property
    def live(self) -> str:
        """Specifications by width name as JSON for a script element, as wide as their place.

        Rows that they share stand once, under "datasets".
        """
        rows = {name: data for spec in self.specs.values() for name, data in _rows(spec).items()}
        shapes = {
            size: {part: spec[part] for part in spec if part != "datasets"} | {"width": "container"}
            for size, spec in self.specs.items()
        }
        return embedded({**shapes, "datasets": rows})


def _rows(spec: dict[str, Any]) -> dict[str, Any]:
    """Rows of a specification by the names that it calls them; names tell their content."""
    rows: dict[str, Any] = spec.get("datasets", {})
    return rows


def chart_of(values: Sequence[dict[str, Any]], name: str | None = None) -> alt.Chart:
    """Return a chart without marks over rows of values; it needs a name where it has params."""
    import altair as alt

    data = alt.InlineData(values=list(values))
    return alt.Chart(data) if name is None else alt.Chart(data, name=name)


def rendered(
    name: str,
    title: str,
    description: str,
    draw: Callable[[int], Drawing],
    figures: Grid | None = None,
    paper: str = "wide",
) -> Chart:
    """Draw a chart at each width.

    Parameters
    ----------
    name : str
        Beginning of the ids in its markup.
    title, description : str
        Read to those who do not see the chart.
    draw : callable
        Returns the chart for a width in pixels.
    figures : Grid, optional
        What it shows as a table.
    paper : str
        Width name of the drawing that paper sees: "narrow" where two charts share its width.
    """
    from altair.utils.schemapi import debug_mode

    # Altair would check every part against its schema, at three times the cost; a test does.
    with debug_mode(arg=False):
        specs = {size: _specified(draw(width)) for size, width in WIDTHS.items()}
    return Chart(name, title, description, specs, figures, paper)


def _specified(chart: Drawing) -> dict[str, Any]:
    spec: dict[str, Any] = chart.to_dict(validate=False)
    return {
        **{part: spec[part] for part in spec if part not in ("$schema", "config")},
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": 4,
        "background": "white",
    }


def drawn(spec: dict[str, Any], form: str, scale: float = 1.0) -> Any:
    """Return a specification as a picture.

    Parameters
    ----------
    spec : dict
    form : str
        "svg" (text) or "png" (bytes).
    scale : float
        Dots of a PNG for each pixel of the specification.
    """
    import vl_convert

    whole = {**spec, "config": config()}
    locales = whole["config"].pop("locale")
    options = {"format_locale": locales["number"], "time_format_locale": locales["time"]}
    if form == "svg":
        return vl_convert.vegalite_to_svg(whole, **options)
    return vl_convert.vegalite_to_png(whole, scale=scale, **options)


def config() -> dict[str, Any]:
    """Return how all charts look, and how they write numbers and dates."""
    return {
        "font": FONTS,
        "aria": False,
        "locale": vega_locale(),
        "view": {"stroke": None, "continuousWidth": 300, "continuousHeight": 300},
        "axis": {
            "labelColor": MUTED, "titleColor": INK, "labelFontSize": 11, "titleFontSize": 11,
            "titleFontWeight": "normal", "gridColor": "#e3e8ed", "domainColor": "#9aa3ad",
            "tickColor": "#9aa3ad", "titlePadding": 8, "labelOverlap": "greedy",
        },
        "legend": {
            "labelColor": INK, "labelFontSize": 11, "symbolSize": 110, "labelLimit": 240,
            "columnPadding": 18,
        },
        "text": {"color": INK, "fontSize": 11},
    }  # fmt: skip


def embedded(content: Any) -> str:
    """Return content as JSON that no text in it can break out of a script element."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def labelled(markup: str, name: str, title: str, description: str) -> str:
    """Return an SVG with a title, a description and ids that are its own.

    The renderer counts its clip paths through the life of the process; they are numbered anew
    here, so that the same chart has the same bytes wherever it is drawn.
    """
    text = _lean(markup.strip())
    ids = dict.fromkeys(re.findall(r'\bid="([^"]+)"', text))
    for number, old in enumerate(ids):
        new = f"{name}-{number}"
        text = text.replace(f'id="{old}"', f'id="{new}"').replace(f"url(#{old})", f"url(#{new})")
    head = (
        f'<svg role="img" aria-labelledby="{name}-title {name}-text"'
        f' xmlns="http://www.w3.org/2000/svg" font-family="{FONTS}"'
    )
    labels = (
        f'<title id="{name}-title">{html.escape(title)}</title>'
        f'<desc id="{name}-text">{html.escape(description)}</desc>'
    )
    start = text.index(">") + 1
    opening = re.search(r'viewBox="[^"]+"', text[:start])
    if opening is None:
        raise ValueError("the renderer wrote an SVG without a view box")
    return f"{head} {opening[0]}>{labels}{text[start:]}"


def _lean(markup: str) -> str:
    """Return an SVG without what cannot be seen or is said of every text; a third goes."""
    seen = _UNSEEN.sub("", markup)
    return re.sub(r"<[^>]+>", lambda tag: _DIGITS.sub(r"\1", _NOISE.sub("", tag[0])), seen)
