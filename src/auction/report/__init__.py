"""The report of a run: one HTML file that works offline."""

from auction.report.page import write_report

__all__ = ["write_report"]
