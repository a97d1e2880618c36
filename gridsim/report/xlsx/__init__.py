"""report.xlsx: a workbook that prints the tables of the report with all their rows, and the result tables whole."""

from gridsim.report.xlsx.book import xlsx_bytes

__all__ = ["xlsx_bytes"]
