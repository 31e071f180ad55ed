"""LightGBM with its own kind of categories: a point forecast, and a model for each quantile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from benchmarks.values.columns import Floats, Table
from benchmarks.values.peer import (
    HUBER,
    MOST_ROUNDS,
    OURS,
    Predict,
    Settings,
    log_uniform,
    newest,
)

#: Rounds without a gain that end the search for their number: the newest days are a noisy judge.
_PATIENCE: Final = 100
#: Of many quantiles, those whose rounds early stopping finds; rounds of others lie between.
_STOPPED: Final = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class Light:
    """LightGBM with categories of its own kind."""

    name: str = "lightgbm"

    def guess(self) -> Settings:
        return {
            "objective": "l1", "num_leaves": 63, "learning_rate": 0.08, "min_data_in_leaf": 20,
            "lambda_l2": 3.0, "feature_fraction": 0.6, "bagging_fraction": 0.8, "cat_smooth": 10.0,
            "cat_l2": 10.0, "max_cat_threshold": 32, "min_data_per_group": 20, "joined": False,
            "ratio": False, "patience": _PATIENCE,
        }  # fmt: skip

    def draw(self, rng: np.random.Generator) -> Settings:
        return {
            "objective": str(rng.choice(["l1", "l2", "huber"])),
            "num_leaves": round(log_uniform(rng, 12, 96)),
            "learning_rate": log_uniform(rng, 0.05, 0.2),
            "min_data_in_leaf": round(log_uniform(rng, 5, 100)),
            "lambda_l2": log_uniform(rng, 0.1, 30.0),
            "feature_fraction": float(rng.uniform(0.3, 1.0)),
            "bagging_fraction": float(rng.uniform(0.5, 1.0)),
            "cat_smooth": log_uniform(rng, 1.0, 100.0),
            "cat_l2": log_uniform(rng, 1.0, 60.0),
            "max_cat_threshold": int(rng.choice([8, 16, 32, 64])),
            "min_data_per_group": round(log_uniform(rng, 5, 100)),
            "joined": bool(rng.random() < 0.5),
            "ratio": bool(rng.random() < 0.5),
            "patience": _PATIENCE,
        }

    def point(self, table: Table, y: Floats, settings: Settings, threads: int) -> Predict:
        rounds = light_rounds(table, y, settings, threads)
        booster = light_fit(table, y, settings, rounds, threads)
        return lambda rows: booster.predict(_matrix(rows), num_threads=threads)

    def quantiles(
        self, table: Table, y: Floats, settings: Settings, levels: Sequence[float], threads: int
    ) -> Predict:
        def fixed(level: float) -> Settings:
            return settings | {"objective": "quantile", "alpha": level}

        stopped = levels if len(levels) <= len(_STOPPED) else _STOPPED
        found = [light_rounds(table, y, fixed(level), threads) for level in stopped]
        rounds = np.interp(levels, stopped, found).round().astype(int).tolist()
        boosters = [
            light_fit(table, y, fixed(level), count, threads)
            for level, count in zip(levels, rounds, strict=True)
        ]

        def predict(rows: Table) -> Floats:
            matrix = _matrix(rows)
            return np.sort(
                np.column_stack([b.predict(matrix, num_threads=threads) for b in boosters]), axis=1
            )

        return predict


def _matrix(table: Table) -> Floats:
    codes = [np.where(code < 0, np.nan, code) for code in table.codes.values()]
    return np.column_stack([*table.numbers.values(), *codes])


def _light_data(table: Table, y: Floats, reference: Any = None) -> Any:
    import lightgbm

    return lightgbm.Dataset(
        _matrix(table), y, reference=reference, params={"verbose": -1},
        feature_name=[*table.numbers, *table.codes], categorical_feature=list(table.codes),
    )  # fmt: skip


def _light_fixed(settings: Settings, threads: int) -> Settings:
    return {key: value for key, value in settings.items() if key not in OURS} | {
        "alpha": settings.get("alpha", HUBER), "bagging_freq": 1, "seed": 7,
        "deterministic": True, "force_row_wise": True, "num_threads": threads, "verbose": -1,
    }  # fmt: skip


def light_rounds(table: Table, y: Floats, settings: Settings, threads: int) -> int:
    """Rounds at which the loss on the newest days is least."""
    import lightgbm

    late = newest(table.days)
    early = _light_data(table.take(~late), y[~late])
    stop = lightgbm.early_stopping(settings["patience"], verbose=False)
    tried = lightgbm.train(
        _light_fixed(settings, threads), early, MOST_ROUNDS, callbacks=[stop],
        valid_sets=[_light_data(table.take(late), y[late], early)],
    )  # fmt: skip
    return max(int(tried.best_iteration), 1)


def light_fit(table: Table, y: Floats, settings: Settings, rounds: int, threads: int) -> Any:
    """Learn all rows with so many rounds."""
    import lightgbm

    return lightgbm.train(_light_fixed(settings, threads), _light_data(table, y), rounds)
