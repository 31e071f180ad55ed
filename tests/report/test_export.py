"""Charts as pictures: whole, titled, the same every time, and never with missing letters."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import vl_convert
from typer.testing import CliRunner

from auction.cli import app
from auction.errors import MissingExtraError, MissingFontError, RunFolderError
from auction.report import export as exporting
from auction.report import export_charts

MakeRun = Callable[..., Path]
NAMES = [
    "money", "distribution", "frontier", "bridge", "market-level", "coverage", "parts",
    "depreciation", "age-groups", "value-odometer", "value-grade", "kinds", "drift-weeks", "loans",
]  # fmt: skip


def test_svgs_carry_their_titles_and_are_the_same_every_time(make_run: MakeRun) -> None:
    run = make_run()
    written = export_charts(run, "svg")
    assert written == [run / "charts" / f"{name}.svg" for name in NAMES]
    assert sorted(path.name for path in (run / "charts").iterdir()) == sorted(
        f"{name}.svg" for name in NAMES
    )
    first = written[0].read_bytes()
    words = "".join(ET.fromstring(first).itertext())
    assert "Expected net proceeds by week of sale and channel" in words
    assert export_charts(run, "svg")[0].read_bytes() == first


def test_svgs_speak_chinese(make_run: MakeRun, tmp_path: Path) -> None:
    written = export_charts(make_run(), "svg", tmp_path / "deep" / "down", language="zh_CN")
    words = "".join(ET.fromstring(written[0].read_bytes()).itertext())
    assert any("\u4e00" <= letter <= "\u9fff" for letter in words)
    assert "Expected" not in words


def test_pngs_are_twice_as_fine_as_the_page(make_run: MakeRun, tmp_path: Path) -> None:
    written = export_charts(make_run(), "png", tmp_path)
    assert [path.name for path in written] == [f"{name}.png" for name in NAMES]
    for path in written:
        head = path.read_bytes()[:24]
        assert head[:8] == b"\x89PNG\r\n\x1a\n"
        width, height = struct.unpack(">II", head[16:])
        assert width == 1400
        assert 200 < height < 2000


def test_letters_that_no_font_has_are_refused(
    make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vl_convert, "svg_to_png", lambda markup: b"the same for every letter")
    with pytest.raises(MissingFontError, match="fonts-noto-cjk"):
        export_charts(make_run(), "png", tmp_path / "charts", language="zh_CN")
    assert not (tmp_path / "charts").exists()


def test_a_letter_of_no_font_looks_like_another() -> None:
    # What the check rests on: private letters are drawn alike, Latin ones are not.
    def drawn(letter: str) -> Any:
        return vl_convert.svg_to_png(exporting.PROBE.format(letter))

    assert drawn("\ue83a") == drawn("\ue83b")
    assert drawn("a") != drawn("\ue83a")


def test_wrong_requests_are_told(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run()
    with pytest.raises(ValueError, match="form must be one of png, svg, not 'gif'"):
        export_charts(run, "gif")
    with pytest.raises(ValueError, match="language must be one of"):
        export_charts(run, "svg", language="xx")
    (run / "risk.json").unlink()
    with pytest.raises(RunFolderError, match=r"risk\.json"):
        export_charts(run, "svg")
    monkeypatch.setattr("auction.report.page.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"the charts needs? the extra 'report'"):
        export_charts(run, "svg")


def test_the_command_writes_pictures(make_run: MakeRun, tmp_path: Path) -> None:
    run, folder = make_run(), tmp_path / "pictures"
    done = CliRunner().invoke(app, ["report", str(run), "--export", "svg", "--to", str(folder)])
    assert done.exit_code == 0, done.output
    assert done.stdout.split() == [str(folder / f"{name}.svg") for name in NAMES]
    assert not (run / "report.html").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--export", "gif"], "is none of png, svg"), (["--to", "there"], "needs --export")],
)
def test_the_command_refuses_wrong_usage(
    make_run: MakeRun, arguments: list[str], message: str
) -> None:
    done = CliRunner().invoke(app, ["report", str(make_run()), *arguments])
    assert done.exit_code == 2
    assert message in done.output.replace("\n", " ")
