"""``disposal report --language``: the report of a run in another language."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from auction.cli import app

MakeRun = Callable[..., Path]


@pytest.mark.parametrize(("arguments", "tag"), [([], "en"), (["--language", "zh_CN"], "zh-CN")])
def test_the_report_is_written_in_the_language(
    make_run: MakeRun, arguments: list[str], tag: str
) -> None:
    run = make_run()
    done = CliRunner().invoke(app, ["report", str(run), *arguments])
    assert done.exit_code == 0, done.output
    assert done.output.strip() == str(run / "report.html")
    page = (run / "report.html").read_text(encoding="utf-8")
    assert f'<html lang="{tag}"' in page


def test_a_wrong_language_is_wrong_usage(make_run: MakeRun) -> None:
    run = make_run()
    done = CliRunner().invoke(app, ["report", str(run), "--language", "zh-CN"])
    assert done.exit_code == 2
    told = " ".join(done.stderr.replace("│", " ").split())
    assert "'zh-CN' is none of en, zh_CN; did you mean 'zh_CN'?" in told
    assert not (run / "report.html").exists()
