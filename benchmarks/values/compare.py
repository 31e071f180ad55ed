"""The parts of the comparison: who forecasts what, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl

from benchmarks.values.cache import Cache
from benchmarks.values.cat import Cat
from benchmarks.values.cold import held_out
from benchmarks.values.columns import Floats
from benchmarks.values.corrupted import spoil
from benchmarks.values.files import File, data_folder
from benchmarks.values.forecasts import Forecast, ask, our_model
from benchmarks.values.kept import Effort, of_peer, point_of_peer, tuned
from benchmarks.values.light import Light
from benchmarks.values.measures import by_segment, errors_of_best, mean_of, measure
from benchmarks.values.monotone import rises
from benchmarks.values.peer import Peer
from benchmarks.values.speed import fit_seconds
from benchmarks.values.windows import learnt_and_judged
from residual import ResidualModel
from residual.scoring import mean_absolute_error, pit_distance

PEERS: Final[dict[str, Peer]] = {"lightgbm": Light(), "catboost": Cat()}
CONTENDERS: Final = ("ours", *PEERS)
#: Fewest units of a segment whose coverage is told.
LEAST: Final = 300
#: Prices at these shares of those learnt from part the bands of price.
_BANDS: Final = (0.1, 0.3, 0.5, 0.7, 0.9)
_FINE: Final = tuple(round(0.005 * place, 3) for place in range(1, 200))

Result = dict[str, Any]


@dataclass(slots=True)
class Comparison:
    """One run of the comparison.

    Attributes
    ----------
    files : tuple of File
    contenders : tuple of str
        Of `CONTENDERS`.
    cache : Cache
        What peers found and forecast; ours is always fitted anew.
    effort : Effort
    draws, rounds : int
        Draws of models held out; fits timed.
    say : callable
        Told what is being done.
    """

    files: tuple[File, ...]
    contenders: tuple[str, ...]
    cache: Cache
    effort: Effort
    draws: int = 3
    rounds: int = 5
    say: Callable[[str], None] = print
    _rows: dict[str, pl.DataFrame] = field(default_factory=dict)
    _models: dict[tuple[str, int, bool], ResidualModel] = field(default_factory=dict)

    def accuracy(self) -> Result:
        """Score all contenders at every cut, without the guide."""
        return {file.name: self._scores(file, guide=False) for file in self.files}

    def guide(self) -> Result:
        """Score all contenders where a guide value is given, and the guide by itself."""
        out = {}
        for file in self.files:
            if "guide_value" in self.rows(file).columns:
                out[file.name] = self._scores(file, guide=True) | {"the guide": self._alone(file)}
        return out

    def cold(self) -> Result:
        """Score models that were held out whole, sold after the last cut; draws are pooled."""
        return {file.name: self._cold(file) for file in self.files}

    def corrupted(self) -> Result:
        """MAE on clean rows after the last cut, learnt from clean rows and from spoilt ones."""
        return {file.name: self._corrupted(file) for file in self.files}

    def monotone(self) -> Result:
        """Count rises of our median with age and odometer, at every cut."""
        if "ours" not in self.contenders:
            return {}
        out: Result = {}
        for file in self.files:
            out[file.name] = []
            for cut, _, judged in self._windows(file):
                self.say(f"monotone: {file.name}, cut {cut + 1}")
                out[file.name].append(rises(self.model(file, cut), judged))
        return out

    def speed(self) -> Result:
        """Time fits on the file with most sales: ours against LightGBM's, in turn."""
        file = max(self.files, key=lambda file: len(self.rows(file)))
        settings = tuned(self.cache, Light(), file, self.rows(file), self.effort).point
        out: Result = {"file": file.name}
        for threads in (1, 2):
            self.say(f"speed: {file.name}, {threads} threads for LightGBM")
            out[f"threads {threads}"] = fit_seconds(self.rows(file), settings, self.rounds, threads)
        return out

    def rows(self, file: File) -> pl.DataFrame:
        """Return the rows of a file, read once."""
        if file.name not in self._rows:
            self._rows[file.name] = file.read(data_folder())
        return self._rows[file.name]

    def _windows(self, file: File) -> Iterator[tuple[int, pl.DataFrame, pl.DataFrame]]:
        for cut in range(len(file.cuts)):
            yield cut, *learnt_and_judged(file, self.rows(file), cut)

    def model(self, file: File, cut: int, guide: bool = False) -> ResidualModel:
        """Return our model of a file at a cut, fitted once."""
        key = (file.name, cut, guide)
        if key not in self._models:
            learnt, _ = learnt_and_judged(file, self.rows(file), cut)
            self._models[key] = our_model(learnt, guide)
        return self._models[key]

    def _forecast(self, name: str, file: File, cut: int, guide: bool) -> Forecast:
        learnt, judged = learnt_and_judged(file, self.rows(file), cut)
        if name == "ours":
            return ask(self.model(file, cut, guide), judged, guide)
        peer = PEERS[name]
        found = tuned(self.cache, peer, file, self.rows(file), self.effort, guide)
        kept = f"{file.name}{'-guide' * guide}-{cut + 1}"
        return of_peer(self.cache, kept, peer, found, learnt, judged, self.effort.threads, guide)

    def _scores(self, file: File, guide: bool) -> Result:
        out: Result = {}
        for name in self.contenders:
            cuts, segments, fine = [], [], []
            for cut, learnt, judged in self._windows(file):
                self.say(f"{'with the guide' if guide else 'accuracy'}: {file.name}, "
                         f"cut {cut + 1}, {name}")  # fmt: skip
                forecast = self._forecast(name, file, cut, guide)
                price = judged["price"].to_numpy()
                cuts.append(measure(price, forecast))
                bands = np.quantile(learnt["price"].to_numpy(), _BANDS)
                table = by_segment(judged, forecast, bands, file.seller_kind, LEAST)
                segments += [{"cut": cut + 1, **row} for row in table.to_dicts()]
                if name == "ours":
                    fine.append(self._fine(file, cut, guide, judged))
            out[name] = {
                "mean": errors_of_best(mean_of(cuts)),
                "cuts": [asdict(one) for one in cuts],
                "segments": segments,
            } | ({"pit_fine": fine} if fine else {})
        return out

    def _fine(self, file: File, cut: int, guide: bool, judged: pl.DataFrame) -> float:
        told = ask(self.model(file, cut, guide), judged, guide, _FINE)
        price = np.log(judged["price"].to_numpy())
        return pit_distance(price, told.quantiles, np.array(_FINE))

    def _alone(self, file: File) -> Result:
        cuts = []
        for _, _, judged in self._windows(file):
            known = judged.drop_nulls("guide_value")
            guide: Floats = np.log(known["guide_value"].to_numpy())
            told = measure(known["price"].to_numpy(), Forecast(np.repeat(guide[:, None], 19, 1)))
            cuts.append({k: v for k, v in asdict(told).items() if k in _POINT})
        return {
            "mean": {key: float(np.mean([cut[key] for cut in cuts])) for key in _POINT},
            "cuts": cuts,
        }

    def _cold(self, file: File) -> Result:
        last = len(file.cuts) - 1
        splits = held_out(*learnt_and_judged(file, self.rows(file), last), self.draws)
        price = np.concatenate([judged["price"].to_numpy() for _, judged in splits])
        out: Result = {"units": len(price)}
        for name in (name for name in self.contenders if name != "catboost"):
            told = []
            for draw, (learnt, judged) in enumerate(splits):
                self.say(f"cold start: {file.name}, draw {draw + 1}, {name}")
                if name == "ours":
                    told.append(ask(our_model(learnt), judged).quantiles)
                    continue
                peer = PEERS[name]
                found = tuned(self.cache, peer, file, self.rows(file), self.effort)
                kept = f"{file.name}-cold-{draw + 1}"
                threads = self.effort.threads
                one = of_peer(self.cache, kept, peer, found, learnt, judged, threads)
                told.append(one.quantiles)
            out[name] = asdict(measure(price, Forecast(np.concatenate(told))))
        return out

    def _corrupted(self, file: File) -> Result:
        learnt, judged = learnt_and_judged(file, self.rows(file), len(file.cuts) - 1)
        price, out = judged["price"].to_numpy(), {}
        for name in (name for name in self.contenders if name != "catboost"):
            errors = []
            for kind, rows in (("clean", learnt), ("spoilt", spoil(learnt))):
                self.say(f"corrupted rows: {file.name}, {kind}, {name}")
                point = self._point(name, file, kind, rows, judged)
                errors.append(mean_absolute_error(price, point))
            clean, spoilt = errors
            out[name] = {"clean": clean, "spoilt": spoilt, "growth": 100.0 * (spoilt / clean - 1.0)}
        return out

    def _point(
        self, name: str, file: File, kind: str, learnt: pl.DataFrame, judged: pl.DataFrame
    ) -> Floats:
        if name == "ours":
            return np.exp(ask(our_model(learnt), judged, levels=(0.5,)).quantiles[:, 0])
        peer, threads = PEERS[name], self.effort.threads
        settings = tuned(self.cache, peer, file, self.rows(file), self.effort).point
        kept = f"{file.name}-{kind}"
        return np.exp(point_of_peer(self.cache, kept, peer, settings, learnt, judged, threads))


_POINT: Final = ("mae", "mape", "median_ape", "bias")
PARTS: Final[dict[str, Callable[[Comparison], Result]]] = {
    "accuracy": Comparison.accuracy,
    "guide": Comparison.guide,
    "cold": Comparison.cold,
    "corrupted": Comparison.corrupted,
    "monotone": Comparison.monotone,
    "speed": Comparison.speed,
}
