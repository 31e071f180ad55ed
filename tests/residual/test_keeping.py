"""Saved models come back bit by bit, and no file does anything but come back or be refused."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
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
Parts = dict[str, bytes]


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


def parts_of(file: Path) -> Parts:
    with zipfile.ZipFile(file) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def written(path: Path, parts: Parts, packed: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", packed) as opened:
        for name, content in parts.items():
            opened.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, packed)
    return path


def with_header(parts: Parts, **changes: object) -> Parts:
    header = json.loads(parts["header.json"]) | changes
    return {**parts, "header.json": json.dumps(header).encode()}


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        residual.load(path)
    (fault,) = caught.value.faults
    assert fault.file == str(path)
    assert fault.remedy
    return str(fault)


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
    )  # fmt: skip
    clock.save(tmp_path / "clock.model")
    loaded = residual.load_time_to_sale(tmp_path / "clock.model")
    assert loaded.summary() == clock.summary()
    vehicles = few.head(5).rename({"sale_id": "vehicle_id"})
    days = np.array([day_number(kept.as_of) + 30])
    before, after = (one.log_price(vehicles, kept.as_of, days) for one in (clock, loaded))
    assert after.tobytes() == before.tobytes()
    assert "holds no ResidualModel but 'TimeToSale'" in refusal(tmp_path / "clock.model")


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


# -- files that are refused -------------------------------------------------------------------


def test_files_that_are_no_models(tmp_path: Path) -> None:
    assert "there is no such file" in refusal(tmp_path / "absent.model")
    assert "is no file" in refusal(tmp_path)
    for name, content in {"empty": b"", "text": b"make,model\n", "pickle": b"\x80\x04N."}.items():
        (tmp_path / name).write_bytes(content)
        assert "is no saved model" in refusal(tmp_path / name)
    assert "is no saved model" in refusal(written(tmp_path / "zip", {"xl/workbook.xml": b"<x/>"}))


def test_a_truncated_file_is_refused(file: Path, tmp_path: Path) -> None:
    content = file.read_bytes()
    for share in np.linspace(0.0, 0.999, 23):
        short = tmp_path / "short.model"
        short.write_bytes(content[: int(share * len(content))])
        assert "is no saved model" in refusal(short)
    short.write_bytes(content[:-1])
    refusal(short)


def test_a_changed_byte_is_refused_or_without_effect(file: Path, tmp_path: Path) -> None:
    content = bytearray(file.read_bytes())
    draw = np.random.default_rng(11)
    ends = np.arange(len(content) - 400, len(content))  # the list of the parts
    begin = np.arange(0, 200)
    places = np.concatenate([draw.integers(0, len(content), 60), draw.choice(ends, 60), begin[::4]])
    refused, target = 0, tmp_path / "changed.model"
    for place in places.tolist():
        before = content[place]
        content[place] ^= 1 << int(draw.integers(0, 8))
        target.write_bytes(content)
        try:
            residual.load(target).save(tmp_path / "again.model")
        except InputError:
            refused += 1
        else:
            assert (tmp_path / "again.model").read_bytes() == file.read_bytes()
        content[place] = before
    assert refused > 120


def test_a_compressed_part_is_refused_before_it_is_unpacked(file: Path, tmp_path: Path) -> None:
    parts = parts_of(file)
    parts["arrays/00000.npy"] = bytes(50_000_000)
    bomb = written(tmp_path / "bomb.model", parts, zipfile.ZIP_DEFLATED)
    assert bomb.stat().st_size < 2_000_000
    assert "a part is compressed" in refusal(bomb)


def test_a_file_beyond_any_size_is_not_read(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    huge = tmp_path / "huge.model"
    with huge.open("wb") as opened:
        opened.truncate(archive.MOST_BYTES + 1)
    assert "no model has more than" in refusal(huge)
    monkeypatch.setattr(archive, "MOST_HEADER", 100)
    assert "no header has more than" in refusal(file)
    monkeypatch.setattr(archive, "MOST_PARTS", 3)
    assert "parts; no model has more than" in refusal(file)


def test_other_versions_are_refused_with_what_to_do(file: Path, tmp_path: Path) -> None:
    parts = parts_of(file)
    newer = with_header(parts, version=2, package="9.9.9")
    told = refusal(written(tmp_path / "newer.model", {"header.json": newer["header.json"]}))
    assert "version 2 of the format, by '9.9.9'" in told
    assert "install the newer residual-auction" in told
    told = refusal(written(tmp_path / "older.model", with_header(parts, version=0)))
    assert "fit the model anew" in told
    for version in ("1", 1.0, True, None):
        told = refusal(written(tmp_path / "odd.model", with_header(parts, version=version)))
        assert "must be a whole number" in told
    assert "another format" in refusal(written(tmp_path / "f.model", with_header(parts, format=1)))


def test_names_that_lead_elsewhere_are_refused(file: Path, tmp_path: Path) -> None:
    parts = parts_of(file)
    for name in ("../../etc/passwd", "/tmp/x", "arrays/../x.npy", "header.json\\x"):
        told = refusal(written(tmp_path / "path.model", {**parts, name: b"x"}))
        assert "holds a part that no saved model has" in told
    other = {("../00001.npy" if name.endswith("/00001.npy") else name): content
             for name, content in parts.items()}  # fmt: skip
    assert "a part is missing" in refusal(written(tmp_path / "other.model", other))
    del parts["arrays/00002.npy"]
    assert "arrays/00002.npy: a part is missing" in refusal(written(tmp_path / "m.model", parts))


def tampered(parts: Parts, number: int, content: bytes, **told: object) -> Parts:
    """Another array in place of one, vouched for by its SHA-256."""
    header = json.loads(parts["header.json"])
    header["arrays"][number] |= {"sha256": hashlib.sha256(content).hexdigest(), **told}
    return {**with_header(parts, **header), f"arrays/{number:05}.npy": content}


def npy(array: np.ndarray[Any, Any], *, pickled: bool = False) -> bytes:
    content = io.BytesIO()
    np.lib.format.write_array(content, array, allow_pickle=pickled)
    return content.getvalue()


def test_an_array_of_another_type_or_shape_is_refused(file: Path, tmp_path: Path) -> None:
    parts, path = parts_of(file), tmp_path / "array.model"
    assert "SHA-256 differs" in refusal(
        written(path, {**parts, "arrays/00000.npy": npy(np.ones(3))})
    )
    for array, told in (
        (np.ones(3), {}),
        (np.ones(3, dtype=np.int64), {"dtype": "<i8", "shape": [3]}),
        (np.ones(3, dtype=">f8"), {"dtype": ">f8", "shape": [3]}),
        (np.array(["x"]), {"dtype": "<U1", "shape": [1]}),
    ):
        assert refusal(written(path, tampered(parts, 0, npy(array), **told)))
    wrong = tampered(parts, 0, npy(np.ones(3, dtype=np.int64)), dtype="<i8", shape=[3])
    assert "is not of the type that Recipe asks for" in refusal(written(path, wrong))
    objects = npy(np.array([print], dtype=object), pickled=True)
    told = refusal(written(path, tampered(parts, 0, objects, dtype="|O", shape=[1])))
    assert "type |O, which no model has" in told
    short = tampered(parts, 0, npy(np.ones(9))[:-8], shape=[9])
    assert "another size than its shape says" in refusal(written(path, short))
    assert "not in NumPy's format" in refusal(written(path, tampered(parts, 0, b"\x93NUMPY")))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"object": ["os.system", {}]}, "holds a os.system, which is not known here"),
        ({"object": ["builtins.eval", {"x": 1}]}, "not known here"),
        ({"call": ["print"]}, "a kind that is not known here"),
        ({"array": 99_999}, "points to an array that is not there"),
        ({"array": True}, "points to an array that is not there"),
        ({"date": "tomorrow"}, "a date is none"),
        ({"slice": ["a", 1, 2]}, "not of whole numbers"),
        ({"number": ["<O", 1]}, "of a type that is not known here"),
        ({"dict": [["a", 1], ["a", 2]]}, "stands twice"),
        ({"dict": [[[], 1]]}, "no text or number"),
        ({"sparse": ["csc", 2, 2, 0, 1, 2]}, "do not belong together"),
        (None, "holds no ResidualModel"),
        (5, "holds no ResidualModel"),
    ],
)
def test_a_tree_that_is_no_model_is_refused(
    change: object, words: str, file: Path, tmp_path: Path
) -> None:
    path = written(tmp_path / "tree.model", with_header(parts_of(file), tree=change))
    assert words in refusal(path)


def test_a_deep_tree_is_refused(file: Path, tmp_path: Path) -> None:
    parts = parts_of(file)
    text = parts["header.json"].decode()
    start = text.index('"tree": ') + len('"tree": ')
    for depth in (2_000, 200_000):
        deep = text[:start] + "[" * depth + "]" * depth + ', "old": ' + text[start:]
        path = written(tmp_path / "deep.model", {**parts, "header.json": deep.encode()})
        assert refusal(path)


def test_unknown_and_missing_fields_are_named(file: Path, tmp_path: Path) -> None:
    parts = parts_of(file)
    tree = json.loads(parts["header.json"])["tree"]
    tree["object"][1]["colour"] = "red"
    path = written(tmp_path / "tree.model", with_header(parts, tree=tree))
    assert "the field colour of ResidualModel is not known here" in refusal(path)
    del tree["object"][1]["colour"], tree["object"][1]["centre"]
    written(path, with_header(parts, tree=tree))
    assert "the field centre of ResidualModel is missing" in refusal(path)


def test_what_a_class_refuses_is_told(file: Path, tmp_path: Path) -> None:
    parts = parts_of(file)
    tree = json.loads(parts["header.json"])["tree"]
    tree["object"][1]["priors"]["object"][1]["student_dof"] = 1.0
    told = refusal(written(tmp_path / "tree.model", with_header(parts, tree=tree)))
    assert "student_dof must be above 2" in told
    tree["object"][1]["priors"]["object"][1]["student_dof"] = "5"
    told = refusal(written(tmp_path / "tree.model", with_header(parts, tree=tree)))
    assert "priors.student_dof: is not of the type that Priors asks for" in told


def test_save_is_what_the_method_does(kept: residual.ResidualModel, tmp_path: Path) -> None:
    save(kept, tmp_path / "one.model")
    kept.save(tmp_path / "two.model")
    assert (tmp_path / "one.model").read_bytes() == (tmp_path / "two.model").read_bytes()
