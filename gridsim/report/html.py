"""report.html: one file that needs nothing else, not even a network."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined

from gridsim.report.catalogue import Texts, read_texts
from gridsim.report.chapters import chapters
from gridsim.report.drawn import Drawn, draw_figures
from gridsim.report.interactive import page_data, parts
from gridsim.report.interactive.library import plotly_js
from gridsim.report.model import Chapter, Heading, block_kind
from gridsim.report.tables import plain
from gridsim.report.title import report_title
from gridsim.store import Findings

#: files of the page's script, in this order
SCRIPTS = ("page", "charts", "network")


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
    found = parts(made, findings, texts)
    scripts = (*([plotly_js()] if found else []), _script())
    return _template().render(
        texts=texts,
        chapters=made,
        title=title,
        subtitle=subtitle,
        scenario=plain(summary.get("scenario", "")),
        version=findings.manifest.get("gridsim", ""),
        created=plain(findings.manifest.get("created", "")),
        style=_part("report.css") + _page_style(title, texts),
        kind=block_kind,
        picture=lambda figure: _picture(drawn[figure.name], texts),
        parts=found,
        data=page_data(found, texts),
        scripts=scripts,
        policy=_policy(scripts),
    )


def _policy(scripts: Sequence[str]) -> str:
    """Content security policy: these scripts and no others, pictures in the page, no request to anywhere.

    The browser keeps to it whatever stands in the data: a script that a name smuggled in would not run, and
    plotly.js cannot ask for anything outside the page.
    """
    digests = (base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii") for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return f"default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src {allowed}"


@cache
def _script() -> str:
    """The script of the page: one closed function, so that it gives the page no global name."""
    return '(() => {\n"use strict";\n' + "\n".join(_part(f"js/{name}.js") for name in SCRIPTS) + "start();\n})();"


def _page_style(title: str, texts: Texts) -> str:
    """Running head and page numbers of the printed page."""
    blanks = texts("page.pages_of", page="\0", pages="\1")
    parts_of = [_css_string(part) for part in re.split("[\0\1]", blanks)]
    number_of = f"{parts_of[0]} counter(page) {parts_of[1]} counter(pages) {parts_of[2]}"
    return f"@page {{ @top-left {{ content: {_css_string(title)}; }} @bottom-right {{ content: {number_of}; }} }}\n"


def _css_string(text: str) -> str:
    """A text as a string of a style sheet; signs that could end it, or the element around it, as numbers."""
    return '"' + "".join(c if c.isalnum() or c in " -,.:：，、" else f"\\{ord(c):06x}" for c in text) + '"'


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
    environment.tests["heading"] = lambda block: isinstance(block, Heading)
    return environment.get_template("report")


@cache
def _part(name: str) -> str:
    return resources.files("gridsim.report").joinpath("templates", name).read_text("utf-8")
