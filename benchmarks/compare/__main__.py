"""Kernels beside their peers, beside an earlier state, and beside the limits of the machine.

``python -m benchmarks.compare`` takes the tree at hand, with ``BASE`` behind it a commit before
that, with ``BASE HEAD`` two commits; a commit is built in a work tree of its own. The cases are
those of :data:`SUITES` of the tree at hand; one that an earlier state does not know has no ratio to
it. Everything is repeated three times, the states in turn; of a case the least time of a repetition
counts, and a ratio is told as the median of the three with the least and the largest.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from benchmarks.compare.limits import limits

ROOT: Final = Path(__file__).resolve().parents[2]
SUITES: Final = (
    "benchmarks/test_kernels.py",
    "benchmarks/test_auction_kernels.py",
    "benchmarks/test_value_paths.py",
)
PEERS: Final = ("numpy", "numba", "numba_keyed")
REPEATS: Final = 3
#: Of a kernel's case: values, bytes of each that must come from memory, and multiplications (or
#: fused multiply-adds) that its formula has. Of a lot: 257 points with two exponentials of ten and
#: nine others. A million doubles and their results lie in the last cache: no bytes.
WORK: Final = {
    "test_elementary[exp]": (1_000_000, 0, 10),
    "test_elementary[log]": (1_000_000, 0, 13),
    "test_sale": (512, 0, 257 * (2 * 10 + 9)),
    "test_content_print": (8 << 20, 8, 0),
}

Times = dict[str, dict[str, float]]


@contextmanager
def state(commit: str) -> Iterator[Path]:
    """A commit in a work tree of its own, with its kernels built; gone at the end."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(tree), commit], check=True)
        try:
            subprocess.run(
                [sys.executable, "setup.py", "-q", "build_ext", "--inplace"],
                cwd=tree, check=True, capture_output=True,
            )  # fmt: skip
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)


def timed(tree: Path, chosen: str) -> Times:
    """Run the cases with the kernels of a tree; return least seconds by group and case."""
    environment = {**os.environ, "PYTHONPATH": str(tree / "src"), "OMP_WAIT_POLICY": "active"}
    environment.pop("OMP_NUM_THREADS", None)
    where = "import _core; print(_core.__file__)"
    used = subprocess.run(
        [sys.executable, "-c", where], cwd=ROOT, env=environment, check=True, capture_output=True,
        text=True,
    ).stdout.strip()  # fmt: skip
    if not Path(used).is_relative_to(tree):
        raise RuntimeError(f"the kernels of {tree} should be timed, not {used}")
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told.json"
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *SUITES, "-k", chosen,
             "--continue-on-collection-errors", "--benchmark-only", f"--benchmark-json={told}",
             "--benchmark-max-time=0.4"],
            cwd=ROOT, env=environment, check=False, capture_output=True, text=True,
        )  # fmt: skip
        # 1: a case or a kernel that this state does not know failed, and has no time
        if run.returncode not in (0, 1):
            raise RuntimeError(run.stdout[-2000:] + run.stderr[-2000:])
        found: Times = {}
        for case in json.loads(told.read_text(encoding="utf-8"))["benchmarks"]:
            found.setdefault(case["group"], {})[case["name"]] = case["stats"]["min"]
    return found


def peer_of(name: str) -> tuple[str, str]:
    """Return the kernel's case of a case, and which peer it is; empty for the kernel itself."""
    stem, bracket, argument = name.partition("[")
    for peer in sorted(PEERS, key=len, reverse=True):
        if stem.endswith(f"_{peer}"):
            return stem.removesuffix(f"_{peer}") + bracket + argument, peer
    return name, ""


def ratio(above: list[float], below: list[float]) -> str:
    """Return the median of ratios with the least and the largest."""
    found = [a / b for a, b in zip(above, below, strict=True)]
    return f"{statistics.median(found):.2f} ({min(found):.2f}-{max(found):.2f})"


def lines(runs: list[list[Times]], bound: list[dict[str, float]]) -> Iterator[str]:
    """Yield the table: runs by state, base first, and repetition; limits by repetition."""
    head = runs[-1]
    # what is a limit of the machine is the most that it was seen to do
    most = {name: max(limit[name] for limit in bound) for name in bound[0]}
    yield f"| case | µs | {' | '.join(PEERS)} | base/head | share of the limit |"
    yield f"|---|---|{'---|' * len(PEERS)}---|---|"
    for group, cases in head[0].items():
        for name in cases:
            kernel, peer = peer_of(name)
            if peer:
                continue
            own = [run[group][name] for run in head]
            against = []
            for each in PEERS:
                twin = next((c for c in cases if peer_of(c) == (kernel, each)), None)
                against.append("" if twin is None else ratio([r[group][twin] for r in head], own))
            before = ""
            if len(runs) > 1 and all(name in run.get(group, {}) for run in runs[0]):
                before = ratio([run[group][name] for run in runs[0]], own)
            share = ""
            if name in WORK:
                values, size, products = WORK[name]
                needed = values * max(size / most["read"], products / most["fma"])
                share = ratio([needed] * len(own), own)
            yield (
                f"| {group}: {name.removeprefix('test_')} | {min(own) * 1e6:,.1f} "
                f"| {' | '.join(against)} | {before} | {share} |"
            )


def main() -> None:
    """Time and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("base", nargs="?", help="commit to compare with")
    parser.add_argument("head", nargs="?", help="commit instead of the tree at hand")
    parser.add_argument("-k", default="", help="only cases that pytest picks by this expression")
    options = parser.parse_args()
    with ExitStack() as stack:
        trees = [stack.enter_context(state(c)) for c in (options.base, options.head) if c]
        if options.head is None:
            trees.append(ROOT)
        runs: list[list[Times]] = [[] for _ in trees]
        bound = []
        for _ in range(REPEATS):
            bound.append(limits())
            for tree, found in zip(trees, runs, strict=True):
                found.append(timed(tree, options.k))
    for name, unit, scale in (("read", "GB/s", 1e9), ("mixed", "GB/s", 1e9), ("fma", "G/s", 1e9)):
        told = ", ".join(f"{limit[name] / scale:.1f}" for limit in bound)
        print(f"limit {name}: {told} {unit}")
    print("a peer's time over the kernel's: median (least-largest) of the repetitions", end="\n\n")
    print("\n".join(lines(runs, bound)))


if __name__ == "__main__":
    main()
