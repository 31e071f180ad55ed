"""``python -m auction.cli`` is ``disposal``."""

from auction.cli import main

main()
