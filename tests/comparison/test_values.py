"""The comparison with gradient boosting: its harness on toy rows, no peer being run."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest


def toy(count: int = 400) -> pl.DataFrame:
    """Sales of ten models over two years, with what the files have."""
    rng = np.random.default_rng(3)
    day = np.sort(rng.integers(0, 700, count))
    model = rng.integers(0, 10, count)
    odometer = rng.uniform(1e4, 2e5, count)
    odometer[0] = 999_999.0
    return pl.DataFrame(
        {
            "sale_id": [f"s{i}" for i in range(count)],
            "price": np.exp(9.0 + 0.05 * model + rng.normal(0, 0.1, count)),
            "offered_on": [dt.date(2020, 1, 1) + dt.timedelta(int(d)) for d in day],
            "make": [f"m{number % 3}" for number in model],
            "model": [f"t{number}" for number in model],
            "variant": [None if i % 7 == 0 else f"v{i % 4}" for i in range(count)],
            "model_year": rng.integers(2010, 2020, count),
            "odometer": odometer,
            "region": [f"r{i % 2}" for i in range(count)],
            "guide_value": np.full(count, 9_000.0),
        }
    )


def toy_file() -> Any:
    from benchmarks.values.files import File

    cuts = (dt.date(2021, 3, 1), dt.date(2021, 8, 1))
    return File("toy", lambda folder: toy(), cuts, "region", "USD")


@dataclass
class Recorder:
    """A peer that foretells the mean, blurred by its setting, and notes what it was shown."""

    name: str = "numpy"
    seen: list[int] = field(default_factory=list)

    def guess(self) -> dict[str, Any]:
        return {"blur": 0.5, "joined": True, "ratio": False}

    def draw(self, rng: np.random.Generator) -> dict[str, Any]:
        return {"blur": float(rng.uniform(-0.5, 0.5)), "joined": False, "ratio": False}

    def point(self, table: Any, y: Any, settings: dict[str, Any], threads: int) -> Any:
        self.seen.append(int(table.days.max()))
        return lambda rows: y.mean() + 1.0 + settings["blur"] * np.resize([-1.0, 1.0], len(rows))

    def quantiles(
        self, table: Any, y: Any, settings: dict[str, Any], levels: Sequence[float], threads: int
    ) -> Any:
        return lambda rows: np.tile(np.quantile(y, levels), (len(rows), 1))


def test_windows_follow_each_other_and_share_no_day() -> None:
    from benchmarks.values.windows import folds, learnt_and_judged

    rows, file = toy(), toy_file()
    first, between = learnt_and_judged(file, rows, 0)
    second, after = learnt_and_judged(file, rows, 1)
    assert len(first) + len(between) == len(second)
    assert len(second) + len(after) == len(rows)
    assert first["offered_on"].max() < between["offered_on"].min()
    assert between["offered_on"].max() < file.cuts[1] <= after["offered_on"].min()
    for earlier, later in folds(first):
        assert earlier["offered_on"].max() < later["offered_on"].min()
        assert later["offered_on"].max() <= first["offered_on"].max()


def test_covariates_of_peers_know_only_what_was_learnt_from() -> None:
    from benchmarks.values.columns import Reader

    rows = toy()
    learnt, judged = rows[:200], rows[200:].with_columns(model=pl.lit("t999"))
    reader = Reader.learn(learnt, guide=True, joined=False, ratio=True)
    table, asked = reader.read(learnt), reader.read(judged)
    assert set(table.codes) == {"make", "model", "variant", "region"}
    assert set(table.numbers) == {"age", "day", "model_year", "odometer", "guide"}
    assert np.isnan(table.numbers["odometer"][0])
    assert (asked.codes["model"] == learnt["model"].n_unique()).all()
    assert (table.codes["variant"][::7] == -1).all()
    assert table.base == pytest.approx(np.log(9_000.0))
    assert set(Reader.learn(learnt, False, True, True).read(learnt).base) == {0.0}


def test_a_variant_is_told_with_its_model_where_asked() -> None:
    from benchmarks.values.columns import Reader

    rows = toy()
    apart = Reader.learn(rows, guide=False, joined=False, ratio=False)
    joined = Reader.learn(rows, guide=False, joined=True, ratio=False)
    assert len(apart.levels["variant"]) == 4
    assert len(joined.levels["variant"]) == len(
        rows.drop_nulls("variant").unique(["make", "model", "variant"])
    )


def test_the_newest_days_are_kept_for_early_stopping() -> None:
    from benchmarks.values.peer import newest

    days = np.repeat(np.arange(20), 5)
    late = newest(days)
    assert sorted(set(days[late])) == [16, 17, 18, 19]
    assert days[late].min() > days[~late].max()
    clumped = np.array([1, 1, 1, 1, 2])
    assert newest(clumped, 0.9).tolist() == [False, False, False, False, True]


def test_the_search_takes_the_best_and_never_looks_past_the_first_cut() -> None:
    from benchmarks.values.search import best, trials

    file, peer = toy_file(), Recorder()
    told = [len(tried) for tried in trials(peer, file, toy(), 8, 1)]
    assert told == list(range(1, 9))
    tried = list(trials(Recorder(), file, toy(), 8, 1))[-1]
    blurs = [trial["settings"]["blur"] for trial in tried]
    assert [len(trial["point"]) for trial in tried][:2] == [4, 4]
    assert abs(best(tried).point["blur"]) <= sorted(map(abs, blurs))[1] < 0.05
    assert best(tried).quantiles == tried[0]["settings"]
    assert max(peer.seen) < (file.cuts[0] - dt.date(1970, 1, 1)).days
    assert any(len(trial["point"]) < 4 for trial in tried)


def test_a_search_goes_on_where_an_earlier_one_ended() -> None:
    from benchmarks.values.search import trials

    whole = list(trials(Recorder(), toy_file(), toy(), 6, 1))[-1]
    later = Recorder()
    resumed = list(trials(later, toy_file(), toy(), 6, 1, done=whole[:4]))
    assert resumed[-1] == whole
    assert len(resumed) == 2


def test_what_is_kept_is_made_once_and_again_where_its_makings_change(tmp_path: Path) -> None:
    from benchmarks.values.cache import Cache, fingerprint

    cache, made = Cache(tmp_path), []

    def make() -> pl.DataFrame:
        made.append(len(made))
        return pl.DataFrame({"x": [len(made)]})

    for settings, expected in (({"a": 1}, 1), ({"a": 1}, 1), ({"a": 2}, 2)):
        assert cache.frame("one", settings, make)["x"].item() == expected
    cache.write("trials", {"a": 1}, [1.5])
    assert cache.read("trials", {"a": 1}) == [1.5]
    assert cache.read("trials", {"a": 2}) is None
    assert fingerprint(toy()) == fingerprint(toy())
    assert fingerprint(toy()) != fingerprint(toy().with_columns(price=pl.col("price") + 1))


def test_measures_of_a_forecast_worked_by_hand() -> None:
    from benchmarks.values.forecasts import LEVELS, Forecast
    from benchmarks.values.measures import errors_of_best, mean_of, measure

    price = np.array([100.0, 400.0])
    spread = np.tile(np.linspace(-0.9, 0.9, 19), (2, 1))
    told = measure(price, Forecast(np.log([[200.0], [200.0]]) + spread, np.log([110.0, 200.0])))
    assert told.mae == pytest.approx(150.0)
    assert told.point_mae == pytest.approx(105.0)
    assert told.mape == pytest.approx(75.0)
    assert told.bias == pytest.approx(0.0)
    assert told.coverage == 100.0
    gap = np.log([0.5, 2.0])[:, None] - spread
    loss = np.where(gap > 0, np.array(LEVELS) * gap, (np.array(LEVELS) - 1.0) * gap).mean()
    assert told.pinball_log == pytest.approx(1000.0 * loss)
    assert errors_of_best(told)["mae"] == pytest.approx(105.0)
    assert mean_of(
        [told, measure(price, Forecast(np.log(price)[:, None] + spread))]
    ).mae == pytest.approx(75.0)


def test_coverage_is_told_for_every_large_segment() -> None:
    from benchmarks.values.forecasts import LEVELS, Forecast
    from benchmarks.values.measures import by_segment

    rows = toy()
    inside = (rows["region"] == "r0").to_numpy()
    width = np.where(inside, 1.0, 1e-9)[:, None] * np.linspace(-1.0, 1.0, len(LEVELS))
    centre = np.log(rows["price"].to_numpy()) + np.where(inside, 0.0, 1.0)
    table = by_segment(rows, Forecast(centre[:, None] + width), np.array([9e3]), "region", 150)
    sellers = table.filter(pl.col("by") == "seller kind")
    assert sellers["coverage"].to_list() == [100.0, 0.0]
    assert table["units"].min() >= 150
    assert {"make", "price band"} <= set(by_segment(
        rows, Forecast(centre[:, None] + width), np.array([9e3]), "region", 50
    )["by"])  # fmt: skip


def test_models_held_out_are_in_no_training_part() -> None:
    from benchmarks.values.cold import held_out

    rows = toy()
    seen: set[str] = set()
    for learnt, judged in held_out(rows[:300], rows[300:], draws=3):
        models = set(judged["model"])
        assert models
        assert not models & set(learnt["model"])
        assert not models & seen
        seen |= models


def test_spoilt_rows_are_as_many_as_said_and_of_three_kinds() -> None:
    from benchmarks.values.corrupted import spoil

    rows = toy()
    spoilt = spoil(rows, 0.15)
    price = np.isclose(spoilt["price"].to_numpy(), rows["price"].to_numpy())
    odometer = np.isclose(spoilt["odometer"].to_numpy(), rows["odometer"].to_numpy())
    assert (~price).sum() == 20
    assert 38 <= (~odometer).sum() <= 40
    assert not (~price & ~odometer).any()
    factor = (spoilt["price"] / rows["price"]).to_numpy()[~price]
    assert set(np.round(factor, 6)) == {0.1, 10.0}
    assert spoil(rows, 0.0).equals(rows)


class Wavy:
    """A model of values that rises with the odometer between 100,000 and 110,000 km alone."""

    def predict(self, vehicles: pl.DataFrame, on: str, quantiles: Sequence[float]) -> pl.DataFrame:
        value = 9_000.0 - 0.01 * pl.col("odometer") + pl.col("model_year").cast(pl.Float64)
        median = value + pl.when(pl.col("odometer") >= 105_000).then(500.0).otherwise(0.0)
        return vehicles.select(
            (median * (0.5 + level)).alias(f"q{round(1000 * level):03d}".removesuffix("0"))
            for level in quantiles
        )


def test_a_rise_anywhere_on_the_grid_is_found() -> None:
    from benchmarks.values.monotone import rises

    found = rises(Wavy(), toy(30))
    assert found["odometer"] == {"units": 30, "steps": 30, "steps beyond sentinels": 30}
    assert found["model year"]["steps"] == 0
    assert "registration" not in found


def scores(mae: float, pinball: float) -> dict[str, Any]:
    return {"mean": {"mae": mae, "pinball_log": pinball, "pinball_money": pinball}}


def test_the_verdict_asks_for_two_files_more_than_for_the_third() -> None:
    from benchmarks.values.verdict import verdict

    def judged(third: float) -> dict[str, bool]:
        ours = {"cuts": [{"coverage": 90.0}], "pit_fine": [0.01], "segments": []}
        files = {
            name: {"ours": scores(mae, 9.0) | ours, "lightgbm": scores(110.0, 10.0),
                   "catboost": scores(100.0, 12.0)}
            for name, mae in (("a", 90.0), ("b", 91.0), ("c", third))
        }  # fmt: skip
        rows = verdict({"accuracy": files})
        assert all(row.peer in (None, 100.0, 10.0) for row in rows)
        return {f"{row.measure}, {row.file}": row.reached for row in rows}

    assert judged(96.0)["MAE of the median, all"]
    assert not judged(98.0)["MAE of the median, all"]
    assert judged(96.0)["pinball of ln price × 1,000, a"]


def test_the_verdict_fails_what_is_out_of_bounds() -> None:
    from benchmarks.values.verdict import verdict

    segment = {"cut": 1, "by": "make", "segment": "m1", "units": 400, "coverage": 96.0}
    ours = {"cuts": [{"coverage": 87.0}], "pit_fine": [0.04], "segments": [segment]}
    results = {
        "accuracy": {"a": {"ours": scores(1.0, 1.0) | ours}},
        "cold": {"a": {"units": 9, "ours": {"pinball_log": 9.5, "coverage": 84.0},
                       "lightgbm": {"pinball_log": 10.0}}},
        "corrupted": {"a": {"ours": {"growth": 2.5}}},
        "monotone": {"a": [{"odometer": {"steps": 3, "steps beyond sentinels": 1}}]},
        "speed": {"file": "a", "threads 1": {
            "ours": {"median": 2.0}, "lightgbm": {"median": 1.0},
            "lightgbm, rounds known": {"median": 0.5}}},
    }  # fmt: skip
    rows = verdict(results)
    assert len(rows) == 11
    assert not any(row.reached for row in rows)


def test_all_parts_run_on_toy_rows_and_tell_a_whole_story(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rich.console import Console

    from benchmarks.values import compare, tell
    from benchmarks.values.cache import Cache
    from benchmarks.values.kept import Effort
    from benchmarks.values.verdict import verdict

    monkeypatch.setattr(compare, "our_model", lambda learnt, guide=False: Wavy())
    monkeypatch.setitem(compare.PEERS, "lightgbm", Recorder())
    monkeypatch.setattr(compare, "LEAST", 20)
    said: list[str] = []
    run = compare.Comparison(
        (toy_file(),), ("ours", "lightgbm"), Cache(tmp_path), Effort(2, 1), draws=1, say=said.append
    )
    parts = ("accuracy", "guide", "cold", "corrupted", "monotone")
    results = {part: compare.PARTS[part](run) for part in parts}
    scores = results["accuracy"]["toy"]
    assert len(scores["ours"]["cuts"]) == len(scores["ours"]["pit_fine"]) == 2
    assert scores["ours"]["segments"]
    assert results["guide"]["toy"]["the guide"]["mean"]["mae"] > 0
    assert results["cold"]["toy"]["units"] > 0
    rows = verdict(results)
    assert {row.measure.split(",")[0] for row in rows} >= {
        "MAE of the median", "coverage", "PIT distance", "MAE with the guide",
        "pinball of ln price", "MAE grows by %", "rises with odometer", "rises with model year",
    }  # fmt: skip
    console = Console(record=True, width=160, file=io.StringIO())
    tell.show(console, results, rows)
    told = console.export_text()
    assert all(words in told for words in ("without the guide", "Cold start", "Must reach", "toy"))
    before = list(tmp_path.glob("*.parquet"))
    assert compare.Comparison.accuracy(run)["toy"]["lightgbm"] == scores["lightgbm"]
    assert list(tmp_path.glob("*.parquet")) == before
    assert said
