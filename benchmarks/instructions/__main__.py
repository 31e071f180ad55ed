"""Count the instructions of the main kernels and hold them against the table of what they took.

``python -m benchmarks.instructions`` compares, ``--write`` makes the table anew. Callgrind runs
each call of :mod:`benchmarks.instructions.cases` on one thread. It does not know AVX-512 and tells
so, whereupon the kernels choose their loops for AVX2: the same on every machine that has them.

Another compiler makes other code, so a count is held against the table to two hundredths
(dictionaries and the allocator sway by half of one) where the compiler is the one that the table
names, and to a quarter otherwise. Exit code 1: a kernel takes more than that, or so much less that
the table is out of date; 2: nothing could be counted.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import _core
from benchmarks.instructions.cases import MARK, cases

TABLE: Final = Path(__file__).with_name("counts.json")
SAME, OTHER = 0.02, 0.25


def entered(name: str) -> str:
    """Symbol through which Python enters a kernel; Cython numbers them.

    Raises
    ------
    RuntimeError
        Where the module was stripped of its symbols.
    """
    module, function = name.split(".")
    within = "7Choices_" if module == "choice" else ""
    # a module in C++ holds the plain name too, as a text
    plain = rf"__pyx_pw_5_core_{len(module)}{module}_{within}\d+{function}"
    symbol = rf"\0({plain}|_ZL\d+{plain}P[^\0]*)\0"
    library = str(import_module(f"_core.{module}").__file__)
    found = set(re.findall(symbol.encode(), Path(library).read_bytes()))
    if not found:
        raise RuntimeError(f"{library} has no symbol of {function}")
    return str(max(found, key=len).decode())


def count() -> dict[str, int]:
    """Return the instructions of every case once all are warm.

    Raises
    ------
    RuntimeError
        Where valgrind fails, or does not see a case entered exactly once.
    """
    symbols = {name: entered(name) for name in cases()}
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "counted"
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", "--demangle=no",
             f"--callgrind-out-file={out}", f"--dump-before={entered(MARK)}",
             sys.executable, "-m", "benchmarks.instructions.cases"],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if run.returncode:
            raise RuntimeError(f"valgrind ended with {run.returncode}\n{run.stderr[-2000:]}")
        # the first part ends before what is counted, then there is one for each case
        counted = {}
        for part, (name, symbol) in enumerate(symbols.items(), start=2):
            found = inclusive(Path(f"{out}.{part}").read_text(encoding="utf-8"))
            times, counted[name] = found.get(symbol, (0, 0))
            if times != 1:
                raise RuntimeError(f"{name} was entered {times} times, not once")
    return counted


def inclusive(part: str) -> dict[str, tuple[int, int]]:
    """Return how often a function was called and its instructions, with those of its callees.

    Parameters
    ----------
    part : str
        File of callgrind: names stand in full once and as a number afterwards, and below each
        ``calls=`` the cost of these calls.
    """
    names: dict[str, str] = {}
    found: dict[str, tuple[int, int]] = {}
    called, times = "", 0
    for line in part.splitlines():
        if named := re.match(r"(c?)fn=\((\d+)\)(?: (.*))?$", line):
            names.setdefault(named[2], named[3] or "")
            called = names[named[2]] if named[1] else called
        elif line.startswith("calls="):
            times = int(line[6:].split()[0])
        elif times:
            before = found.get(called, (0, 0))
            found[called] = before[0] + times, before[1] + int(line.split()[1])
            times = 0
    return found


def compare(counted: dict[str, int], table: dict[str, Any], compiler: str) -> list[str]:
    """Print counts beside those of a table; return what strays too far, a line each."""
    room = SAME if table["compiler"] == compiler else OTHER
    print(f"{compiler}; the table is of {table['compiler']}, so to {room:.0%}")
    print(f"{'kernel':20} {'instructions':>14} {'table':>14} {'ratio':>7}")
    strayed = []
    for name, number in counted.items():
        expected = table["instructions"].get(name)
        ratio = float("nan") if expected is None else number / expected
        print(f"{name:20} {number:14,} {expected or 0:14,} {ratio:7.3f}")
        if not abs(ratio - 1.0) <= room:
            strayed.append(f"{name}: {number:,} instructions, {expected or 0:,} in the table")
    gone = sorted(set(table["instructions"]) - set(counted))
    return [*strayed, *(f"{name}: in the table and not counted" for name in gone)]


def main() -> int:
    """Count, and compare or write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.instructions", description=__doc__)
    parser.add_argument("--write", action="store_true", help="make the table anew")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("valgrind is not installed", file=sys.stderr)
        return 2
    try:
        counted = count()
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 2
    compiler = str(_core.build_info()["compiler"])
    if options.write:
        told = {"compiler": compiler, "instructions": counted}
        TABLE.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        print(f"{TABLE}: {len(counted)} kernels")
        return 0
    strayed = compare(counted, json.loads(TABLE.read_text(encoding="utf-8")), compiler)
    for line in strayed:
        print(line, file=sys.stderr)
    return int(bool(strayed))


if __name__ == "__main__":
    sys.exit(main())
