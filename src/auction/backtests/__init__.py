"""How well a workspace's own past sales would have been foretold, and the folder that tells it."""

from auction.backtests.folder import write_backtest
from auction.backtests.working import backtest_workspace

__all__ = ["backtest_workspace", "write_backtest"]
