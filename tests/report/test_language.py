"""Languages of the report: figures by locale, words by catalogue, plurals, choice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest

from auction.report import write_report
from auction.report.language import (
    LANGUAGES,
    _,
    current,
    ngettext,
    pgettext,
    speaking,
    vega_locale,
    verbatim,
)
from auction.report.wording import (
    channel_name,
    day,
    listed,
    money,
    percent,
    plain,
    short_day,
    signed,
    signed_percent,
    small_share,
)
from auction.workspace.config import Report
from auction.workspace.settings import parse_config
from residual.errors import InputError

MakeRun = Callable[..., Path]


@pytest.fixture
def chinese() -> Iterator[None]:
    with speaking("zh_CN"):
        yield


@pytest.mark.usefixtures("chinese")
def test_figures_in_chinese() -> None:
    assert money(1234567.4) == "1,234,567"
    assert money(1234.56, 1) == "1,234.6"
    assert money(-0.4) == "0"
    assert signed(12.6) == "+13"
    assert percent(0.1234) == "12.3%"
    assert percent(None) == "–"
    assert signed_percent(-0.05) == "−5.0%"
    assert small_share(9.8e-7) == "0.000098%"
    assert small_share(3e-14) == "低于 0.000000001%"


@pytest.mark.usefixtures("chinese")
def test_dates_and_lists_in_chinese() -> None:
    assert day(date(2026, 6, 10)) == "2026年6月10日"
    assert day(None) == "–"
    assert short_day(date(2026, 6, 2)) == "6月2日"
    assert listed(["甲"]) == "甲"
    assert listed(["甲", "乙", "丙"]) == "甲、乙和丙"
    assert plain([True, 0.5]) == "是, 0.5"


def test_plurals_follow_the_count() -> None:
    def found(count: int) -> str:
        return ngettext("%(num)s scenario", "%(num)s scenarios", count)

    assert [found(1), found(0), found(2500)] == ["1 scenario", "0 scenarios", "2,500 scenarios"]
    with speaking("zh_CN"):
        assert [found(1), found(2500)] == ["1 个情景", "2,500 个情景"]


def test_a_per_cent_sign_is_doubled_or_verbatim() -> None:
    assert _("5 %% case") == "5 % case"
    text = "each re-offer costs about 0.7 % by the second, 1.5 % by the fifth run"
    assert verbatim(text) == text
    with speaking("zh_CN"):
        assert _("5 %% case") == "5% 分位"
        assert "约 0.7%" in verbatim(text)


def test_meanings_are_told_apart() -> None:
    assert pgettext("auction", "Run") == "Run"
    with speaking("zh_CN"):
        assert pgettext("auction", "Run") == "轮次"
        assert pgettext("total", "All") == "合计"


def test_a_language_is_spoken_in_its_block_alone() -> None:
    with speaking("zh_CN"):
        assert channel_name("auction") == "拍卖"
        with speaking("en"):
            assert channel_name("auction") == "Auction"
        assert current().tag == "zh-CN"
        with pytest.raises(KeyError), speaking("tlh"):
            pass
        with pytest.raises(ZeroDivisionError), speaking("en"):
            raise ZeroDivisionError
        assert current().tag == "zh-CN"
    assert current().code == "en"


@pytest.mark.parametrize("code", LANGUAGES)
def test_charts_know_months_and_days(code: str) -> None:
    with speaking(code):
        found: dict[str, Any] = vega_locale()
    time = found["time"]
    assert [len(time[name]) for name in ("months", "shortMonths", "days", "shortDays")] == [
        12, 12, 7, 7,
    ]  # fmt: skip
    sunday, january = {"en": ("Sunday", "January"), "zh_CN": ("星期日", "一月")}[code]
    assert (time["days"][0], time["months"][0]) == (sunday, january)
    assert found["number"]["thousands"] == ","


def test_the_locale_of_the_system_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LANG", "LC_ALL", "LC_NUMERIC", "LANGUAGE"):
        monkeypatch.setenv(name, "de_DE.UTF-8")
    assert money(1234.5, 1) == "1,234.5"
    assert day(date(2026, 5, 1)) == "1 May 2026"
    assert _("Expected proceeds") == "Expected proceeds"


# --- which language ---------------------------------------------------------------------------


def test_settings_and_report_know_the_same_languages() -> None:
    assert get_args(Report.model_fields["language"].annotation) == tuple(LANGUAGES)


def settings(line: str) -> bytes:
    return (
        'as_of = 2026-06-01\ncurrency = "USD"\n[tables]\nvehicles = { file = "v.csv" }\n'
        f'sales = {{ file = "s.csv" }}\n[report]\n{line}\n'
    ).encode()


def test_the_setting_chooses() -> None:
    assert parse_config(settings("")).report.language == "en"
    assert parse_config(settings('language = "zh_CN"')).report.language == "zh_CN"


@pytest.mark.parametrize("word", ["zh-CN", "zh", "zh_cn"])
def test_a_wrong_language_suggests_the_nearest(word: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_config(settings(f'language = "{word}"'))
    (fault,) = caught.value.faults
    assert (fault.column, fault.value) == ("report.language", word)
    assert fault.remedy == "did you mean 'zh_CN'?"


def in_chinese(manifest: dict[str, Any]) -> dict[str, Any]:
    return manifest | {"settings": manifest["settings"] | {"report": {"language": "zh_CN"}}}


def test_a_run_speaks_the_language_of_its_settings_unless_told_otherwise(
    make_run: MakeRun,
) -> None:
    run = make_run(manifest=in_chinese)
    assert '<html lang="zh-CN"' in write_report(run).read_text(encoding="utf-8")
    assert '<html lang="en"' in write_report(run, language="en").read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="one of en, zh_CN, not 'fr'"):
        write_report(run, language="fr")
