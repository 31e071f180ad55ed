"""The report of a run: one HTML file that works offline, and its charts as pictures."""

from auction.report.export import export_charts
from auction.report.page import write_report

__all__ = ["export_charts", "write_report"]
