"""The chapters of the report, one module each; :func:`chapters` puts them in order and numbers everything."""

from gridsim.report.chapters.outline import chapters

__all__ = ["chapters"]
