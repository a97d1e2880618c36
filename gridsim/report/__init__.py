"""Findings printed for readers: figures, tables and texts; decides nothing."""

from gridsim.report.write import write_comparison, write_report

__all__ = ["write_comparison", "write_report"]
