"""The report in a browser: it shows, it sorts, it fits a narrow screen."""

from __future__ import annotations

import html
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from auction.report import write_report

MakeRun = Callable[..., Path]
pytestmark = pytest.mark.browser


@pytest.fixture
def dom(browser: str, tmp_path: Path) -> Callable[[Path], str]:
    """Open a page without network and return what the browser made of it."""

    def dump(page: Path) -> str:
        done = subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
             "--no-first-run", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--disable-extensions", "--proxy-server=127.0.0.1:9",
             "--virtual-time-budget=2000", "--window-size=500,900",
             f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page.as_uri()],
            check=True, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        return done.stdout

    return dump


def probed(run: Path, script: str) -> Path:
    """A copy of the report with a script of the test behind it."""
    text = write_report(run).read_text(encoding="utf-8")
    copy = run / "probed.html"
    copy.write_text(text.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    return copy


def column(page: str, table: str, place: int) -> list[str]:
    body = re.search(rf'<table id="{table}".*?<tbody>(.*?)</tbody>', page, flags=re.DOTALL)
    assert body is not None
    rows = re.findall(r"<tr>(.*?)</tr>", body[1], flags=re.DOTALL)
    return [re.findall(r">([^<]*)</t[hd]>", row)[place] for row in rows]


def test_sections_show_and_tables_sort(make_run: MakeRun, dom: Callable[[Path], str]) -> None:
    run = make_run(
        assignments=lambda frame: pl.concat(
            [frame]
            + [
                frame.filter(pl.col("vehicle_id") == "A1").with_columns(
                    vehicle_id=pl.lit(f"A{extra}"), expected_net=pl.lit(extra * 1000.0)
                )
                for extra in (9, 10, 11)
            ]
        ).sort("vehicle_id")
    )
    heads = "document.querySelectorAll('#stakes thead th button')"
    page = dom(probed(run, f"{heads}[3].click(); {heads}[3].click();"))
    for section in ("habits", "money", "risk", "capacity", "decisions", "assumptions"):
        assert f'<section id="{section}">' in page
    # The first click puts the largest first, the second the smallest; money is sorted as such.
    assert column(page, "stakes", 0) == ["C3", "B2", "A9", "A1", "A10", "A11"]
    assert column(page, "stakes", 3) == ["600", "4,900", "9,000", "9,500", "10,000", "11,000"]
    assert len(re.findall(r'<th[^>]* aria-sort="ascending"', page)) == 1
    again = dom(probed(run, f"{heads}[0].click();"))
    assert column(again, "stakes", 0) == ["A1", "A9", "A10", "A11", "B2", "C3"]


def test_the_page_fits_a_narrow_screen_and_asks_for_nothing(
    make_run: MakeRun, dom: Callable[[Path], str]
) -> None:
    script = """
    parent.document.title = JSON.stringify([
      innerWidth,
      document.documentElement.scrollWidth <= innerWidth,
      performance.getEntriesByType('resource').length,
      [...document.querySelectorAll('.chart')].filter(c => c.offsetWidth > 0).length,
    ]);
    """
    run = make_run()
    inner = html.escape(probed(run, script).read_text(encoding="utf-8"))
    frame = run / "frame.html"
    frame.write_text(f'<iframe style="width:400px;border:0" srcdoc="{inner}"></iframe>')
    assert "<title>[400,true,0,3]</title>" in dom(frame)


def test_hostile_text_does_not_run(make_run: MakeRun, dom: Callable[[Path], str]) -> None:
    hostile = "<script>document.title='broken'</script><img src=x onerror=\"document.title='x'\">"
    run = make_run(
        assignments=lambda frame: frame.with_columns(
            vehicle_id=pl.concat_str(pl.lit(hostile), "vehicle_id")
        )
    )
    write_report(run)
    page = dom(run / "report.html")
    assert "<title>Hand-made lender: disposal plan of 1 June 2026</title>" in page
