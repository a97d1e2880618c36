"""Title and subtitle of a report: the same on the page, on the cover and on the first sheet."""

from __future__ import annotations

from gridsim.report.catalogue import Texts
from gridsim.report.conclusions import area_name
from gridsim.report.measures import is_ranking
from gridsim.store import Findings


def report_title(findings: Findings, texts: Texts) -> tuple[str, str]:
    """Title and subtitle of what the findings are: a run, or a ranking of measures."""
    measures = is_ranking(findings)
    title = texts(
        "report.title_measures" if measures else "report.title",
        area=area_name(findings, texts),
        year=findings.summary.get("year", ""),
    )
    return title, texts("report.subtitle_measures" if measures else "report.subtitle")
