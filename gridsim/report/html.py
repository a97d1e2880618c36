"""report.html: one file that needs nothing else, not even a network."""

from __future__ import annotations

import base64
import os
import uuid
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined

from gridsim.report.catalogue import Texts, read_texts
from gridsim.report.chapters import chapters
from gridsim.report.conclusions import area_name
from gridsim.report.drawn import Drawn, draw_figures
from gridsim.report.measures import is_ranking
from gridsim.report.model import Chapter, block_kind
from gridsim.report.tables import plain
from gridsim.store import Findings

HTML = "report.html"


def write_report(findings: Findings, folder: str | Path, *, lang: str = "zh") -> list[Path]:
    """Write the report of a run into a folder.

    Parameters
    ----------
    findings : Findings
        Results; a table that is missing becomes a sentence that says so.
    folder : str or Path
        Results folder (made if it does not exist).
    lang : {"zh", "en"}
        Language; the numbers are the same in both.

    Returns
    -------
    list of Path
        The files, here ``report.html`` (self-contained, links to nothing).

    Raises
    ------
    InvalidInput
        An unknown language.
    """
    page = render(findings, lang=lang)
    path = Path(folder) / HTML
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{HTML}.{uuid.uuid4().hex[:8]}")
    try:
        draft.write_text(page, encoding="utf-8", newline="\n")
        os.replace(draft, path)  # noqa: PTH105 - one step, also over an older report
    finally:
        draft.unlink(missing_ok=True)
    return [path]


def render(findings: Findings, *, lang: str = "zh") -> str:
    """The report as the text of one HTML page, with chapters and figures of its own."""
    texts = read_texts(lang)
    made = chapters(findings, texts)
    return html_page(made, findings, texts, draw_figures(made, texts))


def html_page(made: Sequence[Chapter], findings: Findings, texts: Texts, drawn: Mapping[str, Drawn]) -> str:
    """The report as one HTML page that links to nothing.

    Parameters
    ----------
    made : sequence of Chapter
        The chapters, as :func:`gridsim.report.chapters.chapters` builds them.
    findings : Findings
        For the head of the page and its interactive parts.
    texts : Texts
        Language.
    drawn : mapping
        Every figure of the chapters by its name, as :func:`gridsim.report.drawn.draw_figures` draws them.
    """
    summary = findings.summary
    return _template().render(
        texts=texts,
        chapters=made,
        title=texts(
            "report.title_measures" if is_ranking(findings) else "report.title",
            area=area_name(findings, texts),
            year=summary.get("year", ""),
        ),
        subtitle=texts("report.subtitle_measures" if is_ranking(findings) else "report.subtitle"),
        scenario=plain(summary.get("scenario", "")),
        version=findings.manifest.get("gridsim", ""),
        created=plain(findings.manifest.get("created", "")),
        style=_part("report.css"),
        kind=block_kind,
        picture=lambda figure: _picture(drawn[figure.name], texts),
    )


def _picture(drawn: Drawn, texts: Texts) -> dict[str, Any]:
    """A figure as the address of an embedded picture (isolated, so that names inside never clash)."""
    note = texts("report.glyphs", characters=texts.list_of(list(drawn.lacking))) if drawn.lacking else ""
    return {"source": "data:image/svg+xml;base64," + base64.b64encode(drawn.svg).decode("ascii"), "note": note}


@cache
def _template() -> Any:
    loader = DictLoader({"report": _part("report.html.j2")})
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("report")


@cache
def _part(name: str) -> str:
    return resources.files("gridsim.report").joinpath("templates", name).read_text("utf-8")
