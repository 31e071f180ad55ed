"""A report in Simplified Chinese leaves nothing in English but what is the owner's."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from auction.fleet import Fleet, assumed_of
from auction.report import write_report

MakeRun = Callable[..., Path]

#: Names and words of the owner, of files and of software.
OWNED = (
    "Hand-made lender", "Bank", "Insurer", "engine", "gearbox", "read in a paper",
    "University of Washington Interactive Data Lab", "BSD 3-Clause", "Vega-Lite", "Vega-Embed",
    "Mike Bostock", "clear, lien, salvage, missing",
)  # fmt: skip
#: What is no prose: names of settings, files and columns, codes, formulas.
TECHNICAL = re.compile(r"\b[a-z]+(?:[_.][a-z0-9]+)+\b|\b[A-Z0-9]{2,}\b|\w+-\d+|[\w/]+\.\w{2,7}\b")


class _Words(HTMLParser):
    """Gathers what is shown or read aloud, a string an element or attribute."""

    SPOKEN = frozenset({"aria-label", "alt", "title", "placeholder", "content"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("script", "style")
        named = dict(attrs)
        for name, value in attrs:
            shown = named.get("name") != "viewport" and "http-equiv" not in named
            if name in self.SPOKEN and value and shown:
                self.found.append(value)

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self.silent and data.strip():
            self.found.append(data.strip())


def english(page: str) -> list[str]:
    """Return strings with three Latin words in a row, what is owned or technical left aside."""
    # Texts that scripts show stand in JSON; a Chinese report must not carry English ones.
    data = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
    titles = re.findall(r'"(?:title|text|label|description|name)": ?"([^"]*)"', " ".join(data))
    left = []
    for text in [*shown(page), *titles]:
        plain = text
        for owned in OWNED:
            plain = plain.replace(owned, "·")
        plain = TECHNICAL.sub("·", plain)
        if re.search(r"(?:\b[A-Za-z][a-z'’]+\b[ ,;:]*){3}", plain):
            left.append(text)
    return left


def dirty() -> dict[str, pl.DataFrame]:
    """Rows set aside, with rules of several kinds."""
    rules = [
        ("must be at least 0", "mend the value or its unit"),
        (
            "must be one of clear, lien, salvage, missing",
            "use one of these words, or map yours under values",
        ),
        ("must not be after as_of", "mend the date"),
        ("its vehicle was set aside", "mend the vehicle in vehicles.csv"),
        ("lat and lon must be given together", "give both coordinates or none"),
    ]
    return {
        "vehicles": pl.DataFrame(
            {
                "file": "vehicles.csv",
                "row": list(range(1, len(rules) + 1)),
                "column": "odometer",
                "value": "-1",
                "rule": [rule for rule, _remedy in rules],
                "remedy": [remedy for _rule, remedy in rules],
            }
        )
    }


def chatty(manifest: dict[str, Any]) -> dict[str, Any]:
    """A manifest with everything that a run may have to say."""
    vehicles = {
        "read": 6, "kept": 5, "rejected": 1, "excluded": {"recovered after as_of": 3, "blank": 1},
    }  # fmt: skip
    limits = [
        {"by": "venue", "group": None, "max_share": 0.25, "max_units": None},
        {"by": "channel", "group": "hold", "max_share": None, "max_units": 1},
        {"by": "segment_week", "group": ["suv", 2], "max_share": 0.5, "max_units": 4},
    ]
    rules = {
        "max_sacrifice_rate": 0.25, "max_sacrifice_amount": 900, "hold_exempt": True,
        "max_hold_share": 0.2,
    }  # fmt: skip
    return manifest | {
        "rows": manifest["rows"] | {"vehicles": vehicles},
        "solver": manifest["solver"] | {"reason": "within the gap of 1.0e-05"},
        "settings": manifest["settings"] | {"limits": limits, "constraints": rules},
        "notes": [
            *manifest["notes"],
            *assumed_of(
                Fleet(pl.DataFrame({"vehicle_id": ["A1"]}), pl.DataFrame()),
                pl.DataFrame({"condition_grade": [3.0], "odometer": [9e4]}),
            ),
            "only 40 sales to learn from",
            "only one sale to learn from",
            "no sale between 2022-01-05 and 2024-06-01, 878 days apart",
            "sales set aside as their prices lie more than a million times off the middle one: 2",
            "all sales are of one make: what other makes are worth is not known",
            "sales dated a year or more before the unit was first registered: 4",
            "the newest sale is of 2026-01-05, 147 days before 2026-06-01",
            "too few sales or dates to calibrate the spread out of sample",
            "vehicles.csv, vin: the VIN stands already in row 3 (2 rows)",
        ],
        "model": [
            "residual model as of 2026-06-01",
            "rows by as_of: 8024",
            "not sold: 3032",
            "sales used: 4992",
            "spread of effects: make 0.205, model 0.136, variant 0.139",
            (
                "market: market: damped growth and season, sd 0.0078 next month and 0.0126 in the "
                "long run; sd of today's level 0.0150"
            ),
            (
                "bidders: share 0.60 of the spread is assumed, as there are sold lots alone, or no "
                "reserves beside no-sales"
            ),
            "bidders: share 0.77 of the spread, error 0.03; 7.2 a lot",
            "bidders: share 0.61 of the spread, error 0.18, hardly told by the lots; 4.0 a lot",
            (
                "bidding told by 5,334 first offerings: 1,919 unsold, 1,384 sold at the reserve, "
                "3,751 with bidders counted"
            ),
            (
                "values: 0.31 scales below sold hammers, error 0.04; sellers know 72% of a unit's "
                "own shock"
            ),
            (
                "lots that draw more bidders: values +0.20 scales higher per e-fold, error 0.04; "
                "the share leaves that out"
            ),
            "the search for the bidding that fits best did not end",
            "scrap: random walk, 0.06 a month (prior)",
            "guide: all 0.39, body 0.39, make 0.39, model 0.39, variant 0.42",
            (
                "market: random walk, 0.0105 a month as the sales show it; sd of today's level "
                "0.0150"
            ),
            "guide: boosted trees tell how prices lie to it",
        ],
    }


@pytest.fixture
def page(make_run: MakeRun) -> str:
    run = make_run(rejected=dirty(), manifest=chatty)
    return write_report(run, language="zh_CN").read_text(encoding="utf-8")


def shown(page: str) -> list[str]:
    """Return every string that is shown or read aloud."""
    reader = _Words()
    reader.feed(page)
    reader.close()
    return reader.found


def test_sentences_stand_apart_as_the_language_asks(page: str, make_run: MakeRun) -> None:
    assert [text for text in shown(page) if re.search(r"。 |。.*[\u3400-\u9fff]\. ", text)] == []
    english = write_report(make_run("english")).read_text(encoding="utf-8")
    assert [
        text
        for text in shown(english)
        if re.search(r"[a-z\d%]\.[A-Z][a-z ]|[a-z]\.\d+ [a-z]", text)
    ] == []


def test_no_english_is_left(page: str) -> None:
    assert english(page) == []


def test_the_net_catches_what_is_left() -> None:
    assert english("<p>最优 No vehicle is sold</p>") == ["最优 No vehicle is sold"]
    assert english('<svg aria-label="Share of the balance"></svg>') == ["Share of the balance"]
    assert english('<script type="application/json">{"title":"Week of sale"}</script>') == [
        "Week of sale"
    ]
    assert english("<p>见 capacity.parquet、assignments.xlsx</p><p>DAL 6月10日 BMW X5</p>") == []


def test_the_report_reads_as_chinese(page: str) -> None:
    for text in (
        '<html lang="zh-CN"', "处置方案", "预期回款", "条件风险价值（CVaR", "最优性差距", "保留价",
        "2026年6月1日", "司法限制（公安扣押）至2026年9月1日", "缺少车辆权属证明",
        "DAL 2026年6月10日场每增加一个名额，价值 2,013", "第2周（6月9日起）", "成交率", "对冲",
        "任一处置场所的车辆不超过计划车辆的 25%。", "渠道“暂缓处置”的车辆不超过 1 台。",
    ):  # fmt: skip
        assert text in page, text


def test_english_stays_english(make_run: MakeRun) -> None:
    text = write_report(make_run(rejected=dirty(), manifest=chatty)).read_text(encoding="utf-8")
    shown = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert re.findall(r"[\u3400-\u9fff]+", shown) == []
    assert "At most 1 vehicle for channel held back." in text
    assert (
        "At most 50\u00a0% of the vehicles planned and at most 4 vehicles for segment and week"
        in (text)
    )
