"""Title and subtitle of a report: the same on the page, on the cover and on the first sheet."""

from __future__ import annotations

from gridsim.report.catalogue import Texts
from gridsim.report.conclusions import area_name
from gridsim.report.measures import is_ranking
from gridsim.report.tables import Names, plain
from gridsim.store import Findings


def report_title(findings: Findings, texts: Texts) -> tuple[str, str]:
    """Title and subtitle of what the findings are: a run, a ranking of measures, one county, runs side by side."""
    summary, names = findings.summary, Names(findings, texts)
    if "county" in summary:
        title = texts("report.title_county", county=names.short(summary["county"]), year=summary.get("year", ""))
        return title, texts("report.subtitle_county", area=names.city)
    if "beside" in summary:
        runs = plain(texts.list_of([str(run) for run in summary["beside"]]))
        return texts("report.title_beside", area=names.city), texts("report.subtitle_beside", runs=runs)
    measures = is_ranking(findings)
    title = texts(
        "report.title_measures" if measures else "report.title",
        area=area_name(findings, texts),
        year=findings.summary.get("year", ""),
    )
    return title, texts("report.subtitle_measures" if measures else "report.subtitle")
