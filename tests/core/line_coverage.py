"""Which lines of the kernels the tests run, from builds that count them.

    python tests/core/line_coverage.py build/sanitize build/coverage

Run from the root of the project once tests have run on that build and on the one without loops
written out by hand for wide vectors, whose lines count as one; `make coverage` does all of it.
Cython writes before each piece of C what line of the kernel it comes from, and gcov counts lines
of C: a line of a kernel has run where some C of its own has. Code that Cython adds for the end of
a function, mostly what it does with errors, belongs to no line.

The exit code is 1 where a kernel was not counted or fewer than 95 % of its lines have run.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from itertools import chain
from pathlib import Path

#: Share of the lines of each kernel that tests must run.
LEAST = 0.95
_ORIGIN = re.compile(r'\s*/\* "(?P<file>[^"]+\.pyx)":(?P<line>\d+)$')
_END = "/* function exit code */"
_GENERATED = (".c", ".cpp")
_TOLD = 12

#: Runs of each line of a file, by its number.
Counts = dict[int, int]


def origins(text: str) -> dict[int, tuple[str, int]]:
    """Return the kernel and its line from which each line of generated C comes."""
    found, at = {}, None
    for number, line in enumerate(text.split("\n"), 1):
        begun = _ORIGIN.match(line)
        if begun:
            at = begun["file"], int(begun["line"])
        elif _END in line:
            at = None
        if at is not None:
            found[number] = at
    return found


def counted(*builds: Path) -> dict[str, Counts]:
    """Return how often each line of each kernel has run.

    Parameters
    ----------
    builds : Path
        Folders under which the compiler and the tests have left what gcov reads.

    Raises
    ------
    FileNotFoundError
        Where no test has run on one of them.
    """
    lines: dict[str, Counts] = defaultdict(lambda: defaultdict(int))
    left = [sorted(build.rglob("*.gcda")) for build in builds]
    for build, found in zip(builds, left, strict=True):
        if not found:
            raise FileNotFoundError(f"no counts under {build}: run tests on the build first")
    for path in chain.from_iterable(left):
        told = subprocess.run(
            ["gcov", "--json-format", "--stdout", str(path)], capture_output=True, check=True
        ).stdout
        for file in json.loads(told)["files"]:
            source = Path(file["file"])
            if source.suffix not in _GENERATED or not source.is_file():
                continue
            origin = origins(source.read_text(encoding="utf-8"))
            for line in file["lines"]:
                if line["line_number"] in origin:
                    kernel, number = origin[line["line_number"]]
                    count = lines[Path(kernel).name]
                    count[number] = max(count[number], line["count"])
    return lines


def main(*builds: Path) -> int:
    """Tell the share of lines that have run; 1 where a kernel falls short."""
    lines, short = counted(*builds), 0
    print(f"{'kernel':<16} {'lines':>6} {'run':>7}  not run")
    for path in sorted(Path("src/_core").glob("*.pyx")):
        counts = lines.get(path.name, {})
        missed = sorted(line for line, count in counts.items() if not count)
        share = 1.0 - len(missed) / len(counts) if counts else 0.0
        short += share < LEAST
        words = " ".join(map(str, missed[:_TOLD])) + (" ..." if len(missed) > _TOLD else "")
        print(f"{path.name:<16} {len(counts):>6} {share:>7.1%}  {words}")
    if short:
        print(f"{short} kernels below {LEAST:.0%}", file=sys.stderr)
    return int(short > 0)


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
