"""``disposal backtest``: scores of forecasts made before the sales, with plots that draw."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import polars as pl
import pytest
from typer.testing import CliRunner

from auction.cli import app
from small_workspace import cut_sample

FILES = {
    "backtest.json", "backtest.html", "scores.csv", "forecasts.parquet", "plots/bias.svg",
    "plots/coverage.svg", "plots/error.svg", "plots/parts.svg",
}  # fmt: skip
FROM = ("--from", "2026-05-01", "--every", "3")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cut_sample(tmp_path_factory.mktemp("backtest") / "workspace", sales=900)


@pytest.fixture(scope="module")
def made(workspace: Path, tmp_path_factory: pytest.TempPathFactory, disposal):
    """A backtest and what it printed."""
    folder = tmp_path_factory.mktemp("backtest") / "tested"
    done = disposal("backtest", workspace, *FROM, "--out", folder, "--json")
    assert done.returncode == 0, done.stderr
    return folder, done


def test_the_folder_is_whole(made) -> None:
    folder, done = made
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == FILES
    # no run: the link to the newest run must not lead here
    assert [path.name for path in folder.parent.iterdir()] == ["tested"]
    for stage in ("reading", "backtest", "writing"):
        assert f"] {stage}: " in done.stderr


def test_the_object_is_the_record(made) -> None:
    folder, done = made
    told = json.loads(done.stdout)
    record = json.loads((folder / "backtest.json").read_text(encoding="utf-8"))
    assert told == {"out": str(folder), **record}
    assert (record["start"], record["every_weeks"], record["ahead_weeks"]) == ("2026-05-01", 3, 3)
    assert list(record["learnt"]) == ["2026-05-01", "2026-05-22"]
    rows = pl.read_parquet(folder / "forecasts.parquet")
    assert record["forecasts"] == rows.height == sum(record["pit_counts"])
    assert (rows["date"] > rows["origin"]).all()
    scores = pl.read_csv(folder / "scores.csv")
    assert scores.height == len(record["scores"])
    model, naive = record["scores"][:2]
    assert model["forecaster"] == "model"
    assert naive["forecaster"] == "naive"
    assert model["median_ape"] < naive["median_ape"]
    assert {row["dimension"] for row in record["scores"]} >= {"all", "grade", "age"}
    assert min(row["forecasts"] for row in record["scores"] if row["forecaster"] == "model") >= 100


def test_plots_are_pictures_with_words(made) -> None:
    folder, _ = made
    for path in (folder / "plots").iterdir():
        root = ET.fromstring(path.read_text(encoding="utf-8"))
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        title = root.find("{http://www.w3.org/2000/svg}title")
        assert title is not None
        assert title.text
        assert "NaN" not in path.read_text(encoding="utf-8")


def test_the_page_stands_alone(made) -> None:
    text = (made[0] / "backtest.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    assert "<script" not in text
    assert not re.findall(r'(?:src|href)="(?!#)', text)
    assert text.count("<svg") == 4
    assert "Backtest of values, " in text


def test_a_browser_shows_the_page(made, browser: str, tmp_path: Path) -> None:
    picture = tmp_path / "page.png"
    subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--screenshot={picture}",
         "--window-size=900,2600", f"--user-data-dir={tmp_path / 'profile'}",
         (made[0] / "backtest.html").as_uri()],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    # an empty page of that size takes a tenth of it
    assert picture.stat().st_size > 60_000


def test_without_a_folder_the_summary_is_told(
    made, workspace: Path, tmp_path: Path, disposal
) -> None:
    done = disposal("backtest", workspace, *FROM, "--ahead", 1, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "backtest from 2026-05-01, weeks apart 3, weeks ahead 1: origins 2" in done.stdout
    assert "the model" not in done.stdout
    for line in ("model: mean absolute error", "naive: mean absolute error", "guide: mean"):
        assert line in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_same_sales_give_the_same_bytes(
    made, workspace: Path, tmp_path: Path, disposal
) -> None:
    folder, _ = made
    done = disposal(
        "backtest", workspace, *FROM, "--out", tmp_path / "again", "--no-plots", "--quiet"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == done.stderr == ""
    assert {path.name for path in (tmp_path / "again").iterdir()} == {
        "backtest.json", "scores.csv", "forecasts.parquet"
    }  # fmt: skip
    for path in (tmp_path / "again").iterdir():
        assert path.read_bytes() == (folder / path.name).read_bytes(), path.name


def test_plots_need_the_extra_and_the_record_does_not(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auction.report.page.find_spec", lambda name: None)
    asked = ["backtest", str(workspace), "--from", "2026-05-10", "--every", "6"]
    done = CliRunner().invoke(app, [*asked, "--out", str(tmp_path / "tested")])
    assert done.exit_code == 2
    assert "needs the extra 'report'" in done.output
    assert "--no-plots" in done.output
    assert list(tmp_path.iterdir()) == []
    done = CliRunner().invoke(app, [*asked, "--out", str(tmp_path / "tested"), "--no-plots"])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "tested" / "backtest.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "--from"),
        (["--from", "soon"], 2, "no date"),
        (["--from", "2026-05-01", "--every", "0"], 2, "greater than or equal to 1"),
        (["--from", "2026-05-01", "--out", "taken"], 2, "exists already"),
        (
            ["--from", "2010-01-01"],
            3,
            "fault: --from, value '2010-01-01': no sale closed by the first origin",
        ),
        (
            ["--from", "2026-06-01"],
            3,
            "fault: --from, value '2026-06-01': no sale closed after the first origin",
        ),
    ],
)
def test_what_cannot_be_tested(
    arguments: list[str], code: int, words: str, workspace: Path, tmp_path: Path, disposal
) -> None:
    (tmp_path / "taken").mkdir()
    done = disposal("backtest", workspace, *arguments, cwd=tmp_path)
    assert done.returncode == code, done.stdout
    told = " ".join(done.stderr.replace("│", " ").split())
    assert words in told
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_groups_that_hold_every_sale_are_not_told_again(made) -> None:
    from auction.backtests.charts import segments_of

    record = json.loads((made[0] / "backtest.json").read_text(encoding="utf-8"))
    scores = pl.DataFrame(record["scores"], infer_schema_length=None)
    told = segments_of(scores)
    horizon = scores.filter((pl.col("dimension") == "horizon") & (pl.col("forecaster") == "model"))
    assert horizon["group"].to_list() == ["1-4"]
    assert "horizon" not in told["dimension"]
    assert told["dimension"].to_list().count("all") == 1
    assert (told.filter(pl.col("dimension") != "all")["forecasts"] < record["forecasts"]).all()
