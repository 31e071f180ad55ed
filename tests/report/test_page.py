"""The report as a file: whole, safe, self-contained and the same every time."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import auction.report.page
from auction.errors import MissingExtraError, RunFolderError
from auction.report import write_report
from auction.report.script import bundle

MakeRun = Callable[..., Path]

SECTIONS = (
    "today", "habits", "money", "risk", "bridge-section", "forecast", "model-card", "capacity",
    "decisions", "loans-section", "hedging", "dismantling", "vehicles-section", "assumptions",
)  # fmt: skip
CHARTS = (
    "money", "distribution", "frontier", "bridge", "market-level", "coverage", "parts",
    "depreciation", "age-groups", "value-odometer", "value-grade", "kinds", "drift-weeks", "loans",
)  # fmt: skip
HOSTILE = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"


class _Reader(HTMLParser):
    """Checks that elements nest, and gathers ids, links and scripts."""

    VOID = frozenset({"meta", "link", "img", "br", "hr", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.scripts = 0
        self.addresses: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        self.scripts += tag == "script" and ("type", "application/json") not in attrs
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src", "xlink:href", "action", "data"):
                self.addresses.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag, tag


def read(page: str) -> _Reader:
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def report(run: Path) -> str:
    """The page of a run without the script that it carries to draw its charts."""
    page = write_report(run).read_text(encoding="utf-8")
    assert page.count(bundle()) == 1
    return page.replace(bundle(), "")


def test_the_report_is_whole_and_needs_nothing_else(make_run: MakeRun) -> None:
    run = make_run(".run.half-written")
    path = write_report(run)
    assert path == run / "report.html"
    assert path.stat().st_size < 1_300_000
    page = report(run)
    found = read(page)
    assert set(SECTIONS) <= set(found.ids)
    assert len(found.ids) == len(set(found.ids))
    assert found.scripts == 2
    assert found.handlers == []
    assert all(address.startswith("#") for address in found.addresses), found.addresses
    assert {address[1:] for address in found.addresses} <= set(found.ids)
    assert re.sub(r'xmlns(:\w+)?="http://www\.w3\.org/[^"]+"', "", page).count("http") == 1  # CSP
    assert page.count('<svg role="img" aria-labelledby=') == page.count("<svg") == len(CHARTS)
    assert page.count('<div class="live" role="img" aria-label="') == len(CHARTS)
    assert {f"chart-{name}" for name in CHARTS} <= set(found.ids)
    assert not list(run.glob(".report*"))


def test_every_vehicle_stands_in_the_report(make_run: MakeRun) -> None:
    page = report(make_run())
    for vehicle in ("A1", "B2", "C3", "D4", "E5", "F6"):
        assert f">{vehicle}</th>" in page
    for figure in ("33,800", "30,000", "+1,000", "9,500", "2,013", "2,600", "0123456789ab"):
        assert figure in page
    assert "best move first" in page
    assert "{{" not in page
    assert "None" not in page


def test_the_same_tables_give_the_same_bytes(make_run: MakeRun) -> None:
    def elsewhere(record: dict[str, Any]) -> dict[str, Any]:
        settings = {**record["settings"], "solver": {"gap": 1e-6, "seconds": 9.0, "threads": 2}}
        return record | {"threads": 2, "timings": {}, "build": {}, "settings": settings}

    first, second = make_run("one"), make_run("two", manifest=elsewhere)
    here = write_report(first).read_bytes()
    assert write_report(first).read_bytes() == here
    program = "import sys; from pathlib import Path; from auction.report import write_report\n"
    program += "write_report(Path(sys.argv[1]))"
    clock = os.environ | {"TZ": "Pacific/Kiritimati"}
    subprocess.run([sys.executable, "-c", program, str(second)], check=True, timeout=120, env=clock)
    assert (second / "report.html").read_bytes() == here


def test_hostile_text_stays_text(make_run: MakeRun) -> None:
    def hostile(frame: pl.DataFrame) -> pl.DataFrame:
        text = [name for name, kind in frame.schema.items() if kind == pl.String]
        kept = {"status", "channel", "kind", "runner_up_channel", "reason_code", "reason_values",
                "curve", "dimension", "effect", "state", "spread"}  # fmt: skip
        return frame.with_columns(
            pl.when(pl.col(name).is_not_null())
            .then(pl.concat_str(pl.lit(HOSTILE), pl.col(name)))
            .alias(name)
            for name in text
            if name not in kept
        )

    names = ("assignments", "alternatives", "policy", "parts_plan", "hedges", "shadow_prices",
             "capacity", "card_curves", "card_effects", "card_drift")  # fmt: skip
    lines = pl.DataFrame(
        {name: [HOSTILE] for name in ("file", "row", "column", "value", "rule", "remedy")}
    )
    run = make_run(
        rejected={"sales": lines},
        manifest=lambda record: record | {
            "title": HOSTILE, "model": [HOSTILE], "versions": {HOSTILE: HOSTILE},
            "inputs": {HOSTILE: {"sha256": HOSTILE}},
        },
        **dict.fromkeys(names, hostile),
    )  # fmt: skip
    page = report(run)
    found = read(page)
    assert found.scripts == 2
    assert found.handlers == []
    assert "<img" not in page
    assert "&lt;script&gt;" in page


def _alone(frame: pl.DataFrame) -> pl.DataFrame:
    """Keep what belongs to the one vehicle at auction."""
    return frame.filter(pl.col("vehicle_id") == "A1")


def test_a_fleet_of_one(make_run: MakeRun) -> None:
    run = make_run(
        assignments=_alone,
        alternatives=_alone,
        parts_plan=_alone,
        hedges=pl.DataFrame.clear,
        shadow_prices=pl.DataFrame.clear,
        capacity=pl.DataFrame.clear,
        outcomes=lambda frame: frame.head(1),
    )
    page = report(run)
    assert set(SECTIONS) <= set(read(page).ids)
    for sentence in (
        "No hedge was on offer.",
        "No vehicle is dismantled.",
        "No row was rejected.",
        "No capacity and no limit binds",
        "No auction sale lies within the horizon.",
        "Every vehicle of the fleet could be planned.",
        "1 vehicle is sold: 1 to auction.",
    ):
        assert sentence in page


def test_nothing_can_be_planned(make_run: MakeRun) -> None:
    def stopped(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.filter(pl.col("status") == "barred")

    def nothing(record: dict[str, Any]) -> dict[str, Any]:
        return record | {"contributions": []}

    run = make_run(
        assignments=stopped,
        alternatives=pl.DataFrame.clear,
        policy=pl.DataFrame.clear,
        parts_plan=pl.DataFrame.clear,
        hedges=lambda frame: frame.with_columns(quantity=0.0, premium=0.0, expected_payoff=0.0),
        outcomes=lambda frame: frame.with_columns(plan=0.0, nearest_auction=0.0, greedy=0.0),
        risk=nothing,
    )
    page = report(run)
    read(page)
    assert "No vehicle could be planned." in page
    assert "No vehicle is sold by this plan." in page
    assert "No loan balance is known." in page


def test_one_hedge_too_dear(make_run: MakeRun) -> None:
    run = make_run(hedges=lambda frame: frame.filter(pl.col("hedge_id") == "U1"))
    assert "None of the hedges on offer is worth its premium to this plan: U1." in report(run)


def test_a_run_without_habits(make_run: MakeRun) -> None:
    run = make_run(
        risk=lambda record: record | {"baselines": {}},
        outcomes=lambda frame: frame.select("scenario", "plan"),
    )
    read(report(run))


def test_the_page_may_run_its_own_scripts_alone(make_run: MakeRun) -> None:
    page = write_report(make_run()).read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    rules = dict(rule.split(" ", 1) for rule in html.unescape(policy[1]).split("; "))
    assert list(rules) == ["default-src", "style-src", "script-src", "base-uri", "form-action"]
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        texts = re.findall(rf"<{tag}>(.*?)</{tag}>", page, flags=re.DOTALL)
        hashes = [b64encode(sha256(text.encode()).digest()).decode() for text in texts]
        assert rules[rule] == " ".join(f"'sha256-{value}'" for value in hashes)
    # No attribute restyles anything: the policy would forbid it.
    assert " style=" not in page.replace(bundle(), "")


def test_a_run_that_kept_no_forecast_says_so(make_run: MakeRun) -> None:
    run = make_run()
    (run / "calibration.parquet").unlink()
    (run / "market.parquet").unlink()
    page = report(run)
    read(page)
    assert "a version that did not keep its forecast" in page
    assert page.count("<svg") == len(CHARTS) - 3


def test_a_run_without_a_model_card_leaves_it_out(make_run: MakeRun) -> None:
    run = make_run()
    (run / "card_drift.parquet").unlink()
    page = report(run)
    found = read(page)
    assert "model-card" not in found.ids
    assert "#model-card" not in found.addresses
    assert page.count("<svg") == len(CHARTS) - 6


def test_a_missing_extra_is_named(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auction.report.page, "find_spec", lambda name: None)
    run = make_run()
    with pytest.raises(MissingExtraError, match=r"residual-auction\[report\]"):
        write_report(run)
    assert not (run / "report.html").exists()


@pytest.mark.parametrize("name", ["assignments.parquet", "risk.json"])
def test_a_missing_file_is_named(make_run: MakeRun, name: str) -> None:
    run = make_run()
    (run / name).unlink()
    with pytest.raises(RunFolderError, match=re.escape(name)):
        write_report(run)


def test_an_older_report_stays_when_the_new_one_fails(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run()
    before = write_report(run).read_bytes()

    def full(self: Path, target: Path) -> Path:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space left"):
        write_report(run)
    monkeypatch.undo()
    assert (run / "report.html").read_bytes() == before
    assert not list(run.glob(".report*"))
