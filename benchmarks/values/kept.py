"""Settings and forecasts of the peers, kept from run to run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import polars as pl

from benchmarks.values.cache import Cache, fingerprint
from benchmarks.values.columns import Floats
from benchmarks.values.files import File
from benchmarks.values.forecasts import Forecast, Found, peer_forecast, peer_point
from benchmarks.values.peer import Peer, Settings
from benchmarks.values.search import best, trials


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is spent on a peer.

    Attributes
    ----------
    trials : int
        Settings tried.
    threads : int
    """

    trials: int
    threads: int


def tuned(
    cache: Cache, peer: Peer, file: File, rows: pl.DataFrame, effort: Effort, guide: bool = False
) -> Found:
    """Return the best settings of the trials before the first cut of a file."""
    made_of = _made_of(peer, rows) | {"guide": guide}
    name = f"tuned-{file.name}{'-guide' * guide}-{peer.name}"
    tried = cache.read(name, made_of) or []
    for so_far in trials(peer, file, rows, effort.trials, effort.threads, guide, tried):
        tried = so_far
        cache.write(name, made_of, tried)
    return best(tried[: effort.trials])


def of_peer(
    cache: Cache,
    name: str,
    peer: Peer,
    found: Found,
    learnt: pl.DataFrame,
    judged: pl.DataFrame,
    threads: int,
    guide: bool = False,
) -> Forecast:
    """Return a peer's forecast of `judged` from `learnt`, kept under a name."""
    made_of = _made_of(peer, learnt) | {"judged": fingerprint(judged), "found": asdict(found)}
    made_of["guide"] = guide

    def make() -> pl.DataFrame:
        return peer_forecast(peer, found, learnt, judged, threads, guide).frame()

    return Forecast.of(cache.frame(f"{name}-{peer.name}", made_of, make))


def point_of_peer(
    cache: Cache,
    name: str,
    peer: Peer,
    settings: Settings,
    learnt: pl.DataFrame,
    judged: pl.DataFrame,
    threads: int,
) -> Floats:
    """Return a peer's point forecast of ln price, kept under a name."""
    made_of = _made_of(peer, learnt) | {"judged": fingerprint(judged), "settings": settings}

    def make() -> pl.DataFrame:
        return pl.DataFrame({"point": peer_point(peer, settings, learnt, judged, threads)})

    return cache.frame(f"{name}-{peer.name}", made_of, make)["point"].to_numpy()


def _made_of(peer: Peer, rows: pl.DataFrame) -> dict[str, Any]:
    return {"rows": fingerprint(rows), peer.name: version(peer.name)}
