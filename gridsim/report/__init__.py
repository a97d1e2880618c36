"""Findings printed for readers: figures, tables and texts; decides nothing."""

from gridsim.report.write import write_report

__all__ = ["write_report"]
