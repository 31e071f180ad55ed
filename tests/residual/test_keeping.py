"""Saved models come back bit by bit, and no file does anything but come back or be refused."""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_origin

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csc_array

import residual
from residual.errors import InputError
from residual.features import day_number
from residual.keeping import archive, registry, save
from residual.keeping.archive import RefusedError
from residual.keeping.registry import KEPT, PLAIN, conforms, field_types, kept_fields, name_of
from residual.keeping.tree import pack, unpack

ROOTS = (residual.ResidualModel, residual.TimeToSale)


@pytest.fixture(scope="module")
def few(market: ModuleType) -> pl.DataFrame:
    sales = market.made_sales(500)
    seats = np.random.default_rng(3).integers(2, 9, len(sales))
    return sales.with_columns(pl.Series("doors seen", seats), pl.lit(5000.0).alias("reserve"))


@pytest.fixture(scope="module")
def kept(few: pl.DataFrame) -> residual.ResidualModel:
    return residual.fit(few)


@pytest.fixture(scope="module")
def file(kept: residual.ResidualModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kept") / "values.model"
    kept.save(path)
    return path


def parts_of(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


# -- what comes back --------------------------------------------------------------------------


def test_a_loaded_model_gives_the_same_bits(
    kept: residual.ResidualModel, file: Path, few: pl.DataFrame
) -> None:
    loaded = residual.load(file)
    vehicles = few.head(60).rename({"sale_id": "vehicle_id"})
    later = kept.as_of + dt.timedelta(400)
    levels = tuple(np.linspace(0.01, 0.99, 25).tolist())
    for on in (kept.as_of, later):
        before, after = (one.predict(vehicles, on, levels) for one in (kept, loaded))
        assert after.equals(before)
        assert loaded.effects_of(vehicles, on).equals(kept.effects_of(vehicles, on))
        assert loaded.value_effects(vehicles, on).equals(kept.value_effects(vehicles, on))
    assert loaded.calibration().equals(kept.calibration())
    assert loaded.market_path().equals(kept.market_path())
    assert loaded.venue_error(["a", "b"]).tobytes() == kept.venue_error(["a", "b"]).tobytes()
    assert loaded.summary() == kept.summary()


def test_a_loaded_model_simulates_the_same_bits(
    kept: residual.ResidualModel, file: Path, few: pl.DataFrame
) -> None:
    vehicles = few.head(20).rename({"sale_id": "vehicle_id"})
    dates = [kept.as_of + dt.timedelta(7 * week) for week in range(4)]
    before, after = (
        residual.simulate(one, vehicles, dates, n=64) for one in (kept, residual.load(file))
    )
    for name in ("log_value", "unit_scale", "sale_spread", "group", "factor", "scrap"):
        assert getattr(after, name).tobytes() == getattr(before, name).tobytes(), name
    assert after.unit_shocks(3, 64).tobytes() == before.unit_shocks(3, 64).tobytes()


def test_the_same_model_gives_the_same_bytes(
    kept: residual.ResidualModel, file: Path, few: pl.DataFrame, tmp_path: Path
) -> None:
    vehicles = few.head(5).rename({"sale_id": "vehicle_id"})
    kept.value_effects(vehicles, kept.as_of)  # what is found meanwhile is no part of it
    kept.save(tmp_path / "again.model")
    residual.load(file).save(tmp_path / "loaded.model")
    residual.fit(few.reverse()).save(tmp_path / "refitted.model")
    for name in ("again", "loaded", "refitted"):
        assert (tmp_path / f"{name}.model").read_bytes() == file.read_bytes(), name


def test_the_header_says_what_the_file_is(file: Path, kept: residual.ResidualModel) -> None:
    header = json.loads(parts_of(file)["header.json"])
    assert header["format"] == "residual-auction model"
    assert header["version"] == 1
    assert header["kind"] == "ResidualModel"
    assert header["as_of"] == kept.as_of.isoformat()
    assert {info.date_time for info in zipfile.ZipFile(file).infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_time_to_sale_is_kept_with_its_model(
    kept: residual.ResidualModel, few: pl.DataFrame, tmp_path: Path
) -> None:
    steps = np.linspace(-4.0, -5.0, len(residual.listings.PIECES))
    clock = residual.TimeToSale(
        kept, steps, -4.0, -2.0, {"age": 0.1, "odometer": -0.1, "worth": 0.2},
        {"place": {"a": 0.3}, "season": {"7": 0.1}}, 9.0, 0.1,
        residual.listings.Markdown(20, -0.05), {"listings": 50, "sold": 30, "set aside": 1},
        0.3, np.zeros((len(steps), 2)),
    )  # fmt: skip
    clock.save(tmp_path / "clock.model")
    loaded = residual.load_time_to_sale(tmp_path / "clock.model")
    assert loaded.summary() == clock.summary()
    vehicles = few.head(5).rename({"sale_id": "vehicle_id"})
    days = np.array([day_number(kept.as_of) + 30])
    before, after = (one.log_price(vehicles, kept.as_of, days) for one in (clock, loaded))
    assert after.tobytes() == before.tobytes()
    with pytest.raises(InputError, match="holds no ResidualModel but 'TimeToSale'"):
        residual.load(tmp_path / "clock.model")


def test_a_write_that_fails_leaves_the_old_file(
    kept: residual.ResidualModel, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "values.model"
    target.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        kept.save(target)
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["values.model"]


# -- every kind of value ----------------------------------------------------------------------


@dataclass(frozen=True)
class Everything:
    numbers: tuple[float, ...]
    ints: list[int]
    words: dict[str, list[str | None]]
    keyed: dict[int, bool]
    pair: tuple[float, str]
    text: str
    raw: bytes
    day: dt.date
    rows: slice
    floats: np.ndarray[Any, np.dtype[np.float64]]
    flags: np.ndarray[Any, np.dtype[np.bool_]]
    matrix: csc_array
    nothing: float | None
    _found: dict[int, float] = field(default_factory=dict)


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry, "KEPT", (Everything,))
    caches = (registry.classes, registry.field_types)
    for cache in caches:
        cache.cache_clear()
    monkeypatch.setattr(registry, "get_type_hints", lambda cls, localns: _hints(cls))
    yield
    for cache in caches:
        cache.cache_clear()


def _hints(cls: type) -> dict[str, Any]:
    from typing import get_type_hints

    return get_type_hints(cls, globalns=globals())


def everything() -> Everything:
    draw = np.random.default_rng(5)
    return Everything(
        (0.1, -0.0, math.inf, -math.inf, 5e-324, np.float64(1 / 3)),
        [0, -1, 2**60],
        {"b": ["x", None], "a": []},
        {3: True, 1: False},
        (1.5, "é\u2028"),
        "tree\n" * 5000,
        bytes(range(256)),
        dt.date(2024, 2, 29),
        slice(3, None),
        np.asfortranarray(draw.normal(size=(4, 3))),
        np.array([[True, False]]),
        csc_array(np.diag([1.0, 0.0, 3.0])),
        None,
        {1: 2.0},
    )


@pytest.mark.usefixtures("registered")
def test_every_kind_of_value_comes_back() -> None:
    before = everything()
    tree, arrays = pack(before)
    after = unpack(json.loads(json.dumps(tree, allow_nan=False)), arrays, Everything)
    for one in fields(Everything):
        old, new = getattr(before, one.name), getattr(after, one.name)
        if isinstance(old, np.ndarray):
            assert (new.dtype, new.shape, new.flags.f_contiguous) == (
                old.dtype, old.shape, old.flags.f_contiguous
            )  # fmt: skip
            assert new.tobytes() == old.tobytes()
        elif isinstance(old, csc_array):
            assert isinstance(new, csc_array)
            assert (new.toarray() == old.toarray()).all()
        elif one.name != "_found":
            assert new == old
            assert type(new) is type(old)
    assert math.copysign(1.0, after.numbers[1]) == -1.0
    assert type(after.numbers[5]) is np.float64
    assert list(after.words) == ["b", "a"]
    assert after._found == {}


@pytest.mark.usefixtures("registered")
def test_nan_comes_back() -> None:
    tree, arrays = pack([math.nan, np.float64("nan")])
    with pytest.raises(RefusedError):
        unpack(tree, arrays, Everything)
    tree, arrays = pack((math.nan, np.float64("nan")))
    plain, scalar = unpack(json.loads(json.dumps(tree, allow_nan=False)), arrays, tuple)
    assert math.isnan(plain)
    assert math.isnan(scalar)
    assert isinstance(scalar, np.float64)


def test_the_order_in_memory_comes_back(tmp_path: Path) -> None:
    whole = np.asfortranarray(np.random.default_rng(1).normal(size=(6, 5)))
    view = whole[:4, :3]  # neither by rows nor by columns, but nearer to columns
    _, (tight,) = pack(view)
    assert tight.flags.f_contiguous
    archive.write_archive(tmp_path / "a", {}, [tight])
    _, (back,) = archive.read_archive(tmp_path / "a", lambda header: None)
    assert back.flags.f_contiguous
    assert not back.flags.c_contiguous
    assert (back == view).all()


def test_what_cannot_be_kept_is_told_by_name() -> None:
    with pytest.raises(TypeError, match="a set cannot be kept"):
        pack({1, 2})
    with pytest.raises(TypeError, match="Everything is not registered"):
        pack(everything())
    with pytest.raises(TypeError, match="a DataFrame cannot be kept"):
        pack(pl.DataFrame())
    with pytest.raises(TypeError, match="datetime cannot be kept"):
        pack(dt.datetime(2024, 1, 1, tzinfo=dt.UTC))


def test_a_field_of_a_wrong_type_is_not_kept(kept: residual.ResidualModel) -> None:
    from dataclasses import replace

    wrong = replace(kept, shape=replace(kept.shape, table=kept.shape.table.astype(np.float32)))
    with pytest.raises(TypeError, match=r"HammerShape\.table is not of type"):
        pack(wrong)


# -- the registry -----------------------------------------------------------------------------


def leaves(kind: Any) -> Iterator[Any]:
    """The types that a declared type is made of."""
    if get_origin(kind) is np.ndarray or not get_args(kind):
        yield kind
        return
    for one in get_args(kind):
        if one is not Ellipsis:
            yield from leaves(one)


def test_every_dataclass_of_a_model_is_registered() -> None:
    waiting, seen = list(ROOTS), set()
    while waiting:
        cls = waiting.pop()
        if cls in seen:
            continue
        seen.add(cls)
        assert cls in KEPT, f"add {name_of(cls)} to KEPT of residual.keeping.registry"
        assert cls.__dataclass_params__.frozen, f"{name_of(cls)} must be frozen"
        known = field_types()[name_of(cls)]
        for one in kept_fields(cls):
            for leaf in leaves(known[one.name]):
                if is_dataclass(leaf):
                    waiting.append(leaf)
                    continue
                plain = leaf in PLAIN or get_origin(leaf) is np.ndarray or leaf is csc_array
                assert plain, f"{name_of(cls)}.{one.name}: {leaf} cannot be kept in a file"
    assert seen == set(KEPT), "KEPT holds classes that no model holds"


def test_fields_left_out_are_found_anew() -> None:
    for cls in KEPT:
        left = {one.name for one in fields(cls)} - {one.name for one in kept_fields(cls)}
        assert all(name.startswith("_") for name in left)


@pytest.mark.parametrize(
    ("value", "kind", "fits"),
    [
        (1, float, True), (True, float, False), (1.0, int, False), (None, float | None, True),
        ((1.0, 2.0), tuple[float, float], True), ((1.0,), tuple[float, float], False),
        ([1.0], tuple[float, ...], False), ({"a": 1}, dict[str, int], True),
        ({1: 1}, dict[str, int], False), ("x", str, True), (b"x", str, False),
    ],
)  # fmt: skip
def test_conforms(value: object, kind: Any, fits: bool) -> None:
    assert conforms(value, kind) is fits


def test_save_is_what_the_method_does(kept: residual.ResidualModel, tmp_path: Path) -> None:
    save(kept, tmp_path / "one.model")
    kept.save(tmp_path / "two.model")
    assert (tmp_path / "one.model").read_bytes() == (tmp_path / "two.model").read_bytes()
