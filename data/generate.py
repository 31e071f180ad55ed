"""Write the bundled sample workspace, or check that the one on disk is what this code makes.

Usage: python data/generate.py [--out data/sample] [--check]
       python data/generate.py --out DIR --vehicles 100000 --offerings 60000
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sample_fleet.size import OFFERINGS, SAMPLE, VEHICLES, Size
from sample_fleet.workspace import differences, write

HERE = Path(__file__).resolve().parent


def main(arguments: list[str] | None = None) -> int:
    """Write or check the sample; return 1 where the check finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "sample", help="folder of the workspace")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument(
        "--vehicles", type=int, help=f"another fleet of so many ({VEHICLES:,} in the sample)"
    )
    parser.add_argument(
        "--offerings", type=int, help=f"so many past offerings ({OFFERINGS:,} in the sample)"
    )
    chosen = parser.parse_args(arguments)
    size = SAMPLE
    if chosen.vehicles is not None or chosen.offerings is not None:
        if chosen.check or chosen.out == HERE / "sample":
            parser.error("the bundled sample has one size: name another folder with --out")
        size = Size.of(chosen.vehicles or VEHICLES, chosen.offerings or OFFERINGS)
    if chosen.check:
        found = differences(chosen.out)
        sys.stdout.write("".join(f"{line}\n" for line in found) or "as generated\n")
        return 1 if found else 0
    for path in write(chosen.out, size):
        sys.stdout.write(f"{path}  {path.stat().st_size:,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
