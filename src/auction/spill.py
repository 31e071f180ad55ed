"""Arrays that many options tell, on the disk once they are more than memory should hold.

They lie in a file that no folder lists any more, so that nothing is left of it however the process
ends, and are looked at through a map of it.
"""

from __future__ import annotations

import mmap
import tempfile
from dataclasses import dataclass
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

#: Bytes that stay in memory: below this a file gains nothing.
_HELD: Final = 2**28


@dataclass(frozen=True, slots=True)
class Pages:
    """Where an array lies in a map of a file.

    Parameters
    ----------
    whole : mmap.mmap
        The map.
    start, length : int
        Bytes; the first is that of a page.
    """

    whole: mmap.mmap
    start: int
    length: int

    def forget(self) -> None:
        """Give back what memory the pages take that were looked at; the file keeps them."""
        if self.length:
            self.whole.madvise(mmap.MADV_DONTNEED, self.start, self.length)


@dataclass(frozen=True, slots=True)
class Spilled:
    """An array, in memory or on the disk.

    Parameters
    ----------
    values : array
        Not to be written into.
    pages : Pages or None
        Where it lies in a file; None for one in memory.
    """

    values: NDArray[Any]
    pages: Pages | None = None


class Lines:
    """A matrix that is written some lines after the other; a large one goes to the disk.

    Parameters
    ----------
    height, width : int
        Lines, and numbers in each of them.
    held : int
        Bytes that stay in memory.
    """

    def __init__(self, height: int, width: int, held: int = _HELD) -> None:
        self._shape = (height, width)
        large = 8 * height * width > held
        self._file = _unlisted() if large else None
        self._values = np.empty((0 if large else height, width))
        self._filled = 0

    def add(self, lines: NDArray[np.float64]) -> None:
        """Write the next lines, float64[b, width], C-contiguous.

        Raises
        ------
        OSError
            Where the folder of temporary files has no room for them; the folder is named.
        """
        if self._file is None:
            self._values[self._filled : self._filled + lines.shape[0]] = lines
        else:
            _write(self._file, lines.data)
        self._filled += lines.shape[0]

    def whole(self) -> Spilled:
        """Return the matrix; nothing can be added any more."""
        if self._file is None:
            return Spilled(self._values)
        with self._file:
            whole = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        return _mapped(whole, 0, np.dtype(np.float64), self._shape)


def moved(array: NDArray[Any], held: int = _HELD) -> Spilled:
    """Return an array where it shall lie: a large one on the disk.

    Parameters
    ----------
    array : array
        C-contiguous.
    held : int
        Bytes that stay in memory.

    Raises
    ------
    OSError
        Where the folder of temporary files has no room for it; the folder is named.
    """
    spill = Spill(held)
    spill.add(array)
    return spill.whole()[0]


class Spill:
    """Takes arrays one after the other; once they are many, all of them go to the disk.

    Parameters
    ----------
    held : int
        Bytes that stay in memory.
    """

    def __init__(self, held: int = _HELD) -> None:
        self._held = held
        self._arrays: list[NDArray[Any]] = []
        self._size = 0
        self._file: IO[bytes] | None = None
        self._places: list[tuple[int, np.dtype[Any], tuple[int, ...]]] = []

    def add(self, array: NDArray[Any]) -> None:
        """Take one more array, C-contiguous.

        Raises
        ------
        OSError
            Where the folder of temporary files has no room for it; the folder is named.
        """
        if self._file is None:
            self._arrays.append(array)
            self._size += array.nbytes
            if self._size <= self._held:
                return
            self._file = _unlisted()
            while self._arrays:
                self._write(self._file, self._arrays.pop(0))
        else:
            self._write(self._file, array)

    def whole(self) -> list[Spilled]:
        """Return all arrays in their order; nothing can be added any more."""
        if self._file is None:
            return [Spilled(array) for array in self._arrays]
        with self._file:
            whole = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        return [_mapped(whole, *place) for place in self._places]

    def _write(self, file: IO[bytes], array: NDArray[Any]) -> None:
        start = file.tell()
        # the next begins with a page, so that a page is of one array only
        _write(file, array.data, bytes(-array.nbytes % mmap.PAGESIZE))
        self._places.append((start, array.dtype, array.shape))


def _write(file: IO[bytes], *parts: memoryview | bytes) -> None:
    try:
        for part in parts:
            file.write(part)
        # what does not fit is told here, not when the file is closed
        file.flush()
    except OSError as error:
        raise OSError(error.errno, error.strerror, tempfile.gettempdir()) from error


def _unlisted() -> IO[bytes]:
    return tempfile.TemporaryFile(prefix="disposal-")


def _mapped(whole: mmap.mmap, start: int, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Spilled:
    count = int(np.prod(shape, dtype=np.int64))
    values = np.frombuffer(whole, dtype, count, start).reshape(shape)
    return Spilled(values, Pages(whole, start, values.nbytes))
