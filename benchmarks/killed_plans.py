"""Kill plans at random moments and prove that an old run or a whole new one stands each time.

    python benchmarks/killed_plans.py --count 200 --seed 1

Prints a line a kill that left less than it must, and a summary; the exit code is 1 if any did.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from killing import Nights
from small_workspace import cut_sample


def main() -> int:
    """Run the proof."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200, help="plans to kill")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    asked = parser.parse_args()
    start, failures = time.monotonic(), 0
    outcomes: Counter[str] = Counter()
    stages: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="killed-plans-") as folder:
        root = Path(folder)
        nights = Nights(cut_sample(root / "workspace"), root / "runs", asked.seed)
        print(f"one plan: {nights.length:.1f} s, writing from {nights.writing:.1f} s", flush=True)
        for number, killed in enumerate(nights.kill(asked.count), start=1):
            outcomes[killed.outcome] += 1
            stages[killed.stage or "starting"] += killed.outcome != "finished"
            for words in nights.verify(killed):
                failures += 1
                print(f"FAILED {killed}: {words}", flush=True)
            if number % 20 == 0:
                print(f"{number} of {asked.count}: {dict(outcomes)}", flush=True)
        most = len(nights.left())
    print(f"{asked.count} kills in {time.monotonic() - start:.0f} s: {dict(outcomes)}")
    print(f"killed in stage: {dict(stages)}; {most} folders of dead runs left aside at the end")
    print(f"{failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
