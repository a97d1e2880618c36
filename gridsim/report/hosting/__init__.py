"""Chapter 9: hosting capacity of the counties."""

from gridsim.report.hosting.chapter import hosting

__all__ = ["hosting"]
