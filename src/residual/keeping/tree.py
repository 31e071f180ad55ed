"""A model as a tree of JSON and a list of arrays, and back."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import is_dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from residual.keeping.archive import RefusedError
from residual.keeping.registry import classes, conforms, field_types, kept_fields, name_of

if TYPE_CHECKING:
    from scipy.sparse import csc_array, csr_array

_Array = NDArray[Any]
_Kept = TypeVar("_Kept")
#: Longer texts, such as that of a boosted model, stand outside of the tree.
_LONG: Final = 4096
_UNFIT: Final = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_SCALARS: Final = ("<f8", "<f4", "<i8", "<i4", "|b1", "|u1")


def pack(value: object) -> tuple[Any, list[_Array]]:
    """Return a model as JSON, and the arrays that it points to.

    Raises
    ------
    TypeError
        Where it holds something that no file may hold, or a field is not of its type.
    """
    packer = _Packer()
    return packer.tree(value), packer.arrays


class _Packer:
    def __init__(self) -> None:
        self.arrays: list[_Array] = []

    def tree(self, value: object) -> Any:
        """Plain values as they are, all others as an object with one name for their kind."""
        match value:
            case np.generic():
                return {"number": [value.dtype.str, self.tree(value.item())]}
            case None | bool() | int():
                return value
            case float():
                return value if math.isfinite(value) else {"float": repr(value)}
            case str():
                return value if len(value) <= _LONG else {"text": self._bytes(value.encode())}
            case list():
                return [self.tree(one) for one in value]
            case np.ndarray():
                return {"array": self._array(value)}
            case _:
                return self._other(value)

    def _other(self, value: object) -> dict[str, Any]:
        match value:
            case tuple():
                return {"tuple": [self.tree(one) for one in value]}
            case dict():
                return {"dict": [[self.tree(key), self.tree(one)] for key, one in value.items()]}
            case bytes():
                return {"bytes": self._bytes(value)}
            case dt.date() if type(value) is dt.date:
                return {"date": value.isoformat()}
            case slice():
                return {"slice": [self.tree(one) for one in (value.start, value.stop, value.step)]}
        if is_dataclass(value) and not isinstance(value, type):
            return self._object(value)
        if getattr(value, "format", None) in ("csc", "csr"):
            return {"sparse": self._sparse(value)}
        raise TypeError(f"a {type(value).__name__} cannot be kept in a file")

    def _object(self, value: Any) -> dict[str, Any]:
        cls = type(value)
        name = name_of(cls)
        if classes().get(name) is not cls:
            raise TypeError(f"{name} is not registered in residual.keeping.registry")
        types, content = field_types()[name], {}
        for field in kept_fields(cls):
            one = getattr(value, field.name)
            if not conforms(one, types[field.name]):
                raise TypeError(f"{name}.{field.name} is not of type {types[field.name]}")
            content[field.name] = self.tree(one)
        return {"object": [name, content]}

    def _sparse(self, matrix: Any) -> list[Any]:
        rows, columns = matrix.shape
        parts = [self._array(part) for part in (matrix.data, matrix.indices, matrix.indptr)]
        return [matrix.format, int(rows), int(columns), *parts]

    def _bytes(self, content: bytes) -> int:
        return self._array(np.frombuffer(content, dtype=np.uint8))

    def _array(self, array: _Array) -> int:
        # sums run along memory: a matrix by columns has to come back as one
        tight = np.array(array, order="K")
        if not (tight.flags.c_contiguous or tight.flags.f_contiguous):
            tight = np.ascontiguousarray(tight)
        self.arrays.append(tight)
        return len(self.arrays) - 1


def unpack(tree: object, arrays: Sequence[_Array], kind: type[_Kept]) -> _Kept:
    """Return the model that a tree describes.

    Raises
    ------
    RefusedError
        Where the tree is not one that `pack` makes of the classes that are known here.
    """
    unpacker = _Unpacker(arrays)
    try:
        model = unpacker.value(tree, "")
    except RecursionError:
        raise RefusedError("its tree is nested too deeply") from None
    if not isinstance(model, kind):
        raise RefusedError(f"holds no {kind.__name__}")
    if unpacker.unused:
        raise RefusedError("holds arrays that belong to nothing")
    return model


class _Unpacker:
    def __init__(self, arrays: Sequence[_Array]) -> None:
        self.arrays = arrays
        self.unused = set(range(len(arrays)))
        self._makers: dict[str, Callable[[Any, str], Any]] = {
            "array": self._array,
            "bytes": self._bytes,
            "date": self._date,
            "dict": self._dict,
            "float": self._float,
            "number": self._number,
            "object": self._object,
            "slice": self._slice,
            "sparse": self._sparse,
            "text": self._text,
            "tuple": self._tuple,
        }

    def value(self, tree: Any, place: str) -> Any:
        """Return what a part of the tree stands for; `place` is where it stands."""
        if tree is None or isinstance(tree, bool | int | float | str):
            return tree
        if isinstance(tree, list):
            return [self.value(one, f"{place}[{i}]") for i, one in enumerate(tree)]
        if isinstance(tree, dict) and len(tree) == 1:
            ((kind, content),) = tree.items()
            if kind in self._makers:
                return self._makers[kind](content, place)
        raise RefusedError("holds a value of a kind that is not known here", place)

    def _list(self, content: Any, place: str, size: int | None = None) -> list[Any]:
        if not isinstance(content, list) or (size is not None and len(content) != size):
            raise RefusedError("a list of parts is not whole", place)
        return content

    def _tuple(self, content: Any, place: str) -> tuple[Any, ...]:
        return tuple(self.value(self._list(content, place), place))

    def _dict(self, content: Any, place: str) -> dict[Any, Any]:
        out = {}
        for pair in self._list(content, place):
            key = self.value(self._list(pair, place, 2)[0], place)
            if not _is_key(key) or key in out:
                raise RefusedError("a key of a table is no text or number, or stands twice", place)
            out[key] = self.value(pair[1], f"{place}[{key!s:.40}]")
        return out

    def _float(self, content: Any, place: str) -> float:
        if not isinstance(content, str) or content not in _UNFIT:
            raise RefusedError("a number is none", place)
        return _UNFIT[content]

    def _number(self, content: Any, place: str) -> np.generic:
        dtype, number = self._list(content, place, 2)
        number = self.value(number, place)
        if dtype not in _SCALARS or not isinstance(number, bool | int | float):
            raise RefusedError("a number is none, or of a type that is not known here", place)
        try:
            made: np.generic = np.dtype(dtype).type(number)
        except (OverflowError, ValueError):
            raise RefusedError("a number does not fit its type", place) from None
        return made

    def _date(self, content: Any, place: str) -> dt.date:
        try:
            return dt.date.fromisoformat(content)
        except (TypeError, ValueError):
            raise RefusedError("a date is none", place) from None

    def _slice(self, content: Any, place: str) -> slice:
        parts = [self.value(one, place) for one in self._list(content, place, 3)]
        if not all(one is None or type(one) is int for one in parts):
            raise RefusedError("a range is not of whole numbers", place)
        return slice(*parts)

    def _array(self, content: Any, place: str) -> _Array:
        if type(content) is not int or content not in self.unused:
            raise RefusedError("points to an array that is not there, or is used twice", place)
        self.unused.discard(content)
        return self.arrays[content]

    def _bytes(self, content: Any, place: str) -> bytes:
        array = self._array(content, place)
        if array.dtype != np.uint8 or array.ndim != 1:
            raise RefusedError("bytes are kept in an array of another type", place)
        return array.tobytes()

    def _text(self, content: Any, place: str) -> str:
        try:
            return self._bytes(content, place).decode()
        except UnicodeDecodeError:
            raise RefusedError("a text is no UTF-8", place) from None

    def _sparse(self, content: Any, place: str) -> csc_array | csr_array:
        from scipy.sparse import csc_array, csr_array

        form, rows, columns, *parts = self._list(content, place, 6)
        data, indices, pointers = (self._array(part, place) for part in parts)
        if form not in ("csc", "csr") or type(rows) is not int or type(columns) is not int:
            raise RefusedError("a sparse matrix is of no known form", place)
        make = csc_array if form == "csc" else csr_array
        try:
            matrix = make((data, indices, pointers), shape=(rows, columns))
            # a wrong index would reach into memory of others
            matrix.check_format(full_check=True)
        except (ValueError, IndexError, TypeError, OverflowError):
            raise RefusedError(
                "the parts of a sparse matrix do not belong together", place
            ) from None
        return matrix

    def _object(self, content: Any, place: str) -> Any:
        name, found = self._list(content, place, 2)
        cls = classes().get(name) if isinstance(name, str) else None
        if cls is None or not isinstance(found, dict):
            raise RefusedError(f"holds a {name!s:.80}, which is not known here", place)
        expected = [field.name for field in kept_fields(cls)]
        for field in [*found, *expected]:
            if field not in expected or field not in found:
                words = "is not known here" if field in found else "is missing"
                rule = f"the field {field!s:.80} of {cls.__name__} {words}"
                raise RefusedError(rule, place, "fit the model anew, or load it by what saved it")
        types, values = field_types()[name], {}
        for field in expected:
            at = f"{place}.{field}".lstrip(".")
            values[field] = self.value(found[field], at)
            if not conforms(values[field], types[field]):
                raise RefusedError(f"is not of the type that {cls.__name__} asks for", at)
        try:
            return cls(**values)
        except (TypeError, ValueError) as error:
            raise RefusedError(f"{cls.__name__} refuses it: {error}", place) from error


def _is_key(key: object) -> bool:
    if isinstance(key, tuple):
        return all(_is_key(one) for one in key)
    return key is None or isinstance(key, str | int | float)
