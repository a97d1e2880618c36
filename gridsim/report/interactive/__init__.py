"""What the page shows beside the printed report: figures that a reader can ask; data only, the page draws them."""

from gridsim.report.interactive.parts import Part, page_data, parts

__all__ = ["Part", "page_data", "parts"]
