"""Files that are no models, or not quite: each is refused with its name and what is wrong."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import residual
from residual.errors import InputError
from residual.keeping import archive

Parts = dict[str, bytes]


@pytest.fixture(scope="module")
def file(market: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("refused") / "values.model"
    residual.fit(market.made_sales(300)).save(path)
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
        ({"dict": [[{"tuple": [[]]}, 1]]}, "no text or number"),
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
