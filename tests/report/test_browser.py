"""The report in a browser: charts live, tables that sort and search, paper, narrow screens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest

from auction.report import write_report

MakeRun = Callable[..., Path]
pytestmark = pytest.mark.browser

CHARTS = 14
#: Bars of a chart, not the frame that is drawn over them.
BARS = ".live .mark-rect.role-mark:not(.weeks_brush, .weeks_brush_bg) path"
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
)  # fmt: skip
#: Contrast of every text on the page against what lies behind it; charts have a test of their own.
CONTRAST = """() => {
  const part = (c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const light = (rgb) =>
    [0.2126, 0.7152, 0.0722].reduce((sum, w, k) => sum + w * part(rgb[k] / 255), 0);
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const behind = (node) => {
    for (let one = node; one; one = one.parentElement) {
      const ground = numbers(getComputedStyle(one).backgroundColor);
      if (ground.length === 3 || ground[3] > 0) return ground;
    }
    return [255, 255, 255];
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || node.closest("svg, script, style")) continue;
    if (!node.checkVisibility()) continue;
    const [a, b] = [numbers(getComputedStyle(node).color), behind(node)].map(light);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.push([node.textContent.slice(0, 40), ratio]);
  }
  return faint;
}"""


class Opened(NamedTuple):
    """A page, what it asked for, and what went wrong on it."""

    page: Any
    requests: list[str]
    troubles: list[str]


Open = Callable[..., Opened]


@pytest.fixture(scope="module")
def chromium(browser: str) -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as started:
        running = started.chromium.launch(executable_path=browser, args=list(QUIET))
        yield running
        running.close()


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Open]:
    contexts = []

    def opened(path: Path, width: int = 1280, height: int = 900, **options: Any) -> Opened:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        made = Opened(page, [], [])
        page.on("request", lambda request: made.requests.append(request.url))
        page.on("console", lambda message: made.troubles.append(message.text))
        page.on("pageerror", lambda error: made.troubles.append(str(error)))
        page.goto(path.as_uri())
        return made

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def reports(many_vehicles: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same run in both languages."""
    folder = tmp_path_factory.mktemp("reports")
    return {
        language: write_report(many_vehicles, language=language).replace(
            folder / f"{language}.html"
        )
        for language in ("en", "zh_CN")
    }


def draw_all(page: Any) -> None:
    """Bring every chart near, and wait until all are live."""
    figures = page.locator("figure.chart")
    for place in range(figures.count()):
        figures.nth(place).scroll_into_view_if_needed()
    # The page's policy forbids the polling by script that playwright offers.
    page.locator("figure.chart:not(.drawn)").first.wait_for(state="detached")


def vehicles(page: Any) -> list[str]:
    return page.locator("#vehicles tbody tr:visible th").all_text_contents()


def test_charts_are_live_and_nothing_is_asked_of_the_network(
    reports: dict[str, Path], open_page: Open
) -> None:
    page, requests, troubles = open_page(reports["en"])
    draw_all(page)
    assert page.locator("figure.drawn .live svg").count() == CHARTS
    marks = page.locator("figure.chart").evaluate_all(
        "figures => figures.map(f => f.querySelectorAll('.live svg path[d]').length)"
    )
    assert min(marks) > 5
    assert page.locator(".static:visible").count() == 0
    assert requests == [reports["en"].as_uri()]
    assert troubles == []


def test_a_chart_tells_what_lies_under_the_pointer(
    reports: dict[str, Path], open_page: Open
) -> None:
    page, _, troubles = open_page(reports["en"])
    draw_all(page)
    page.locator(f"#chart-money {BARS}").first.hover()
    told = page.locator("#vg-tooltip-element.visible")
    told.wait_for()
    assert re.search(r"Channel\s*Dealer", told.inner_text())
    assert re.search(r"Expected net\s*4,900", told.inner_text())
    assert troubles == []


def test_weeks_and_channels_picked_narrow_the_vehicles(
    reports: dict[str, Path], open_page: Open
) -> None:
    page, _, troubles = open_page(reports["en"], height=1400)
    draw_all(page)
    assert len(vehicles(page)) == 24
    chart = page.locator("#chart-money")
    chart.scroll_into_view_if_needed()
    bars = chart.locator(BARS).evaluate_all(
        "bars => bars.map(b => b.getBoundingClientRect()).map(r => [r.left, r.right, r.bottom])"
    )
    # The bars of the third week stand between those of the second and those sold later.
    left, right, bottom = sorted(tuple(bar) for bar in bars)[-2]
    page.mouse.move(left + 4, bottom - 6)
    page.mouse.down()
    page.mouse.move(right - 4, bottom - 14, steps=4)
    page.mouse.up()
    told = chart.locator(".chosen")
    told.wait_for()
    assert "Picked: 16 Jun. 10 vehicles, expected net" in told.inner_text()
    assert vehicles(page) == [f"G{extra:02}" for extra in range(19, 0, -2)]
    told.get_by_role("button").click()
    told.wait_for(state="hidden")
    assert len(vehicles(page)) == 24
    page.locator("#chart-money .live .role-legend-symbol path").nth(1).click()
    told.wait_for()
    assert "Picked: Dealer. 1 vehicles" in told.inner_text()
    assert vehicles(page) == ["B2"]
    assert troubles == []


def test_tables_sort_by_pointer_and_by_key(reports: dict[str, Path], open_page: Open) -> None:
    page, _, _ = open_page(reports["en"])
    first = page.locator("#vehicles tbody tr th").first
    head = page.locator("#vehicles thead th").nth(6)
    assert head.inner_text().startswith("Expected net")
    head.click()
    assert head.get_attribute("aria-sort") == "descending"
    assert first.inner_text() == "G19"
    head.get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert first.inner_text() == "C3"
    assert page.locator("#vehicles [aria-sort]").count() == 1
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_tables_are_searched(reports: dict[str, Path], open_page: Open) -> None:
    page, _, _ = open_page(reports["en"])
    box = page.get_by_role("searchbox", name="Search in this table: Every vehicle of the plan")
    box.fill("mondeo fiesta")
    assert vehicles(page) == []
    box.fill("mondeo dal")
    assert vehicles(page) == [f"G{extra:02}" for extra in (16, 12, 8, 4, 0)]
    assert page.locator(".search output").last.inner_text() == "5 of 24 rows"
    box.fill("")
    assert len(vehicles(page)) == 24


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_width_and_language_fits_and_can_be_read(
    reports: dict[str, Path], open_page: Open, language: str, width: int
) -> None:
    page, requests, troubles = open_page(reports[language], width)
    draw_all(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("html").get_attribute("lang") == language.replace("_", "-")
    cut = page.locator(".live svg").evaluate_all(
        "drawings => drawings.filter(d => d.getBoundingClientRect().right > innerWidth).length"
    )
    assert cut == 0
    assert page.evaluate(CONTRAST) == []
    assert len(requests) == 1
    assert troubles == []


def test_paper_has_the_charts_and_no_controls(reports: dict[str, Path], open_page: Open) -> None:
    page, _, _ = open_page(reports["en"])
    draw_all(page)
    page.emulate_media(media="print")
    assert page.locator(".static:visible").count() == CHARTS
    for gone in (".live", ".search", "nav", "thead button", ".hint", ".skip"):
        assert page.locator(f"{gone}:visible").count() == 0, gone
    printed = page.pdf(prefer_css_page_size=True)
    sheets = len(re.findall(rb"/Type /Page\b", printed))
    assert 6 <= sheets <= 16
    boxes = set(re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed))
    assert {(round(float(w)), round(float(h))) for w, h in boxes} == {(595, 842)}


def test_without_scripts_the_drawn_charts_stand(reports: dict[str, Path], open_page: Open) -> None:
    page, _, _ = open_page(reports["zh_CN"], 390, java_script_enabled=False)
    assert page.locator(".static svg:visible").count() == CHARTS
    assert page.locator(".hint:visible").count() == 0


def test_landmarks_headings_and_tables_are_named(reports: dict[str, Path], open_page: Open) -> None:
    page, _, _ = open_page(reports["en"])
    for role in ("main", "banner", "contentinfo", "navigation"):
        assert page.get_by_role(role).count() == 1, role
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("main table")].filter((table) =>
          !table.caption?.textContent.trim() || !table.querySelector("thead th[scope=col]") ||
          [...table.querySelectorAll("th")].some((head) => !head.scope)).map((table) => table.id)"""
    )
    assert nameless == []
    levels = page.locator("h1, h2, h3").evaluate_all("all => all.map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    names = page.locator(".live").evaluate_all("all => all.map(one => one.ariaLabel.length)")
    assert min(names) > 40


def test_hostile_text_does_not_run(make_run: MakeRun, open_page: Open) -> None:
    hostile = "<script>document.title='broken'</script><img src=x onerror=\"document.title='x'\">"
    run = make_run(
        assignments=lambda frame: frame.with_columns(
            vehicle_id=pl.concat_str(pl.lit(hostile), "vehicle_id"),
            venue_id=pl.concat_str(pl.lit(hostile), "venue_id"),
        )
    )
    page, requests, troubles = open_page(write_report(run))
    draw_all(page)
    assert page.title() == "Hand-made lender: disposal plan of 1 June 2026"
    assert len(requests) == 1
    assert troubles == []


def test_what_slips_into_the_page_is_stopped_by_its_policy(
    reports: dict[str, Path], open_page: Open, tmp_path: Path
) -> None:
    text = reports["en"].read_text(encoding="utf-8")
    copy = tmp_path / "slipped.html"
    slipped = (
        "<script>document.title = 'broken'</script><style>body { color: red }</style>"
        "<img src='https://example.invalid/x.png'>"
    )
    copy.write_text(text.replace("</main>", f"{slipped}</main>"), encoding="utf-8")
    page, _, troubles = open_page(copy)
    assert page.title() == "Hand-made lender: disposal plan of 1 June 2026"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(28, 39, 51)"
    assert len(troubles) == 3
    assert all("Content Security Policy" in trouble for trouble in troubles)
