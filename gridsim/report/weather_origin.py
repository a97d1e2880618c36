"""What was derived, filled or assumed in the weather, site by site, as the run wrote it down."""

from __future__ import annotations

from gridsim.report.catalogue import Texts
from gridsim.report.model import Block
from gridsim.report.tables import YEAR, Col, printed
from gridsim.store import Findings

#: the sites come last: there may be many, and only the first column stays on one line
COLUMNS = (
    Col("quantity", "phrase:weather_column"),
    Col("kind", "word:origin_kind"),
    Col("how", "word:origin_how"),
    Col("detail"),
    Col("sites"),
)


def weather_origin(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """The table of origins, what was assumed first; nothing for results that have none."""
    rows = findings.tables.get("weather_origin")
    if rows is None or rows.empty or "kind" not in rows:
        return ()
    order = {"assumed": 0, "filled": 1, "derived": 2, "read": 3}
    frame = rows.assign(order=rows["kind"].map(order)).sort_values("order", kind="stable").reset_index(drop=True)
    columns = [*([Col(YEAR)] if YEAR in frame else []), *COLUMNS]
    notes = (texts("note.weather_origin"),)
    table = printed(
        findings, "weather_origin", columns, texts=texts, key="index", frame=frame, notes=notes, folded=len(frame) > 12
    )
    return (table,)
