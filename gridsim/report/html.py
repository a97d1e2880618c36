"""report.html: one file that needs nothing else, not even a network."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined

from gridsim.report.catalogue import Texts, read_texts
from gridsim.report.chapters import chapters
from gridsim.report.drawn import Drawn, draw_figures
from gridsim.report.model import Chapter, block_kind
from gridsim.report.tables import plain
from gridsim.report.title import report_title
from gridsim.store import Findings


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
    title, subtitle = report_title(findings, texts)
    return _template().render(
        texts=texts,
        chapters=made,
        title=title,
        subtitle=subtitle,
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
