"""Findings printed for readers: figures, tables and texts; decides nothing."""

from gridsim.report.html import write_report

__all__ = ["write_report"]
