"""CatBoost with its own kind of categories: a point forecast, and one model for all quantiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.values.columns import Floats, Table
from benchmarks.values.peer import (
    MOST_ROUNDS,
    OURS,
    Predict,
    Settings,
    log_uniform,
    newest,
)

#: Rounds without a gain that end the search for their number.
_PATIENCE: Final = 40


@dataclass(frozen=True, slots=True)
class Cat:
    """CatBoost with categories of its own kind; one model for all quantiles."""

    name: str = "catboost"

    def guess(self) -> Settings:
        return {
            "loss_function": "RMSE", "depth": 6, "learning_rate": 0.12, "l2_leaf_reg": 3.0,
            "rsm": 0.7, "random_strength": 1.0, "bagging_temperature": 0.5,
            "max_ctr_complexity": 1, "one_hot_max_size": 10, "target_borders": 8, "joined": True,
            "ratio": False, "patience": _PATIENCE,
        }  # fmt: skip

    def draw(self, rng: np.random.Generator) -> Settings:
        return {
            "loss_function": str(rng.choice(["MAE", "RMSE"])),
            "depth": int(rng.integers(4, 8)),
            "learning_rate": log_uniform(rng, 0.07, 0.25),
            "l2_leaf_reg": log_uniform(rng, 0.5, 20.0),
            "rsm": float(rng.uniform(0.3, 1.0)),
            "random_strength": log_uniform(rng, 0.1, 5.0),
            "bagging_temperature": float(rng.uniform(0.0, 1.5)),
            "max_ctr_complexity": int(rng.choice([1, 2])),
            "one_hot_max_size": int(rng.choice([2, 10, 50])),
            "target_borders": int(rng.choice([1, 4, 8])),
            "joined": bool(rng.random() < 0.5),
            "ratio": bool(rng.random() < 0.5),
            "patience": _PATIENCE,
        }

    def point(self, table: Table, y: Floats, settings: Settings, threads: int) -> Predict:
        return _cat(table, y, settings, threads)

    def quantiles(
        self, table: Table, y: Floats, settings: Settings, levels: Sequence[float], threads: int
    ) -> Predict:
        loss = "MultiQuantile:alpha=" + ",".join(f"{level:g}" for level in levels)
        predict = _cat(table, y, settings | {"loss_function": loss}, threads)
        return lambda rows: np.sort(predict(rows), axis=1)


def _frame(table: Table) -> Any:
    import pandas as pd

    return pd.DataFrame({**table.numbers, **table.codes})


def _statistics(settings: Settings) -> list[str]:
    """Statistics of the target by category, finer than the default of above or below one border."""
    return [f"Borders:TargetBorderCount={settings['target_borders']}:CtrBorderCount=32", "Counter"]


def _cat(table: Table, y: Floats, settings: Settings, threads: int) -> Predict:
    import catboost

    def pool(rows: NDArray[np.bool_]) -> Any:
        return catboost.Pool(frame[rows], y[rows], cat_features=list(table.codes))

    frame = _frame(table)
    fixed = {key: value for key, value in settings.items() if key not in OURS} | {
        "simple_ctr": _statistics(settings), "combinations_ctr": _statistics(settings),
        "model_size_reg": 0.0, "random_seed": 7, "thread_count": threads,
        "allow_writing_files": False, "verbose": False,
    }  # fmt: skip
    late = newest(table.days)
    tried = catboost.CatBoost(fixed | {"iterations": MOST_ROUNDS})
    tried.fit(pool(~late), eval_set=pool(late), early_stopping_rounds=settings["patience"])
    rounds = tried.get_best_iteration() + 1
    final = catboost.CatBoost(fixed | {"iterations": rounds})
    final.fit(pool(np.ones(len(y), dtype=bool)))

    def predict(rows: Table) -> Floats:
        asked = catboost.Pool(_frame(rows), cat_features=list(rows.codes))
        return np.asarray(final.predict(asked, thread_count=threads))

    return predict
