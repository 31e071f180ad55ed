"""Write the bundled sample workspace, or check that the one on disk is what this code makes.

Usage: python data/generate.py [--out data/sample] [--check]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sample_fleet.workspace import differences, write

HERE = Path(__file__).resolve().parent


def main(arguments: list[str] | None = None) -> int:
    """Write or check the sample; return 1 where the check finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "sample", help="folder of the workspace")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    chosen = parser.parse_args(arguments)
    if chosen.check:
        found = differences(chosen.out)
        sys.stdout.write("".join(f"{line}\n" for line in found) or "as generated\n")
        return 1 if found else 0
    for path in write(chosen.out):
        sys.stdout.write(f"{path}  {path.stat().st_size:,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
