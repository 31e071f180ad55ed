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
        try:
            start = file.tell()
            file.write(array.data)
            # the next begins with a page, so that a page is of one array only
            file.write(bytes(-array.nbytes % mmap.PAGESIZE))
            # what does not fit is told here, not when the file is closed
            file.flush()
        except OSError as error:
            raise OSError(error.errno, error.strerror, tempfile.gettempdir()) from error
        self._places.append((start, array.dtype, array.shape))


def _unlisted() -> IO[bytes]:
    return tempfile.TemporaryFile(prefix="disposal-")


def _mapped(whole: mmap.mmap, start: int, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Spilled:
    count = int(np.prod(shape, dtype=np.int64))
    values = np.frombuffer(whole, dtype, count, start).reshape(shape)
    return Spilled(values, Pages(whole, start, values.nbytes))
