"""The report of a results folder as files: chapters and figures are made once, every format prints them."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gridsim.errors import InvalidInput, Problem, raise_if
from gridsim.report.catalogue import LANGUAGES, Texts, read_texts
from gridsim.report.chapters import chapters
from gridsim.report.compared import compared_chapters, compared_findings
from gridsim.report.county_report import county_chapters, findings_of_county
from gridsim.report.docx.document import docx_bytes
from gridsim.report.docx.template import template_problems
from gridsim.report.drawn import Drawn, draw_figures, write_figures
from gridsim.report.html import html_page
from gridsim.report.model import Chapter
from gridsim.report.xlsx import xlsx_bytes
from gridsim.store import Findings


@dataclass(frozen=True)
class Material:
    """What every format is made of: chapters and figures once, with the findings they come from."""

    chapters: tuple[Chapter, ...]
    findings: Findings
    texts: Texts
    drawn: Mapping[str, Drawn]
    template: Path | None = None


def _html(of: Material) -> bytes:
    return html_page(of.chapters, of.findings, of.texts, of.drawn).encode("utf-8")


def _docx(of: Material) -> bytes:
    return docx_bytes(of.chapters, of.findings, of.texts, of.drawn, template=of.template)


def _xlsx(of: Material) -> bytes:
    return xlsx_bytes(of.chapters, of.findings, of.texts)


#: format -> its file from the material of the report
MAKERS: dict[str, Callable[[Material], bytes]] = {"html": _html, "docx": _docx, "xlsx": _xlsx}
FORMATS = tuple(MAKERS)


def write_report(
    findings: Findings,
    folder: str | Path,
    *,
    lang: str = "zh",
    formats: Sequence[str] = FORMATS,
    template: str | Path | None = None,
    county: str | None = None,
) -> list[Path]:
    """Write the report of a run into a folder.

    Parameters
    ----------
    findings : Findings
        Results; a table that is missing becomes a sentence that says so.
    folder : str or Path
        Results folder (made if it does not exist).
    lang : {"zh", "en"}
        Language; the numbers are the same in both.
    formats : sequence of str
        Some of :data:`FORMATS`.
    template : path, optional
        A Word file whose letterhead, styles and page replace those of the package.
    county : str, optional
        The short report of this county in place of the whole one.

    Returns
    -------
    list of Path
        ``report.<format>`` in the order asked for, then ``figures/*.png`` and ``*.svg``.  All are made before the
        first is written, and each is put in its place in one step.

    Raises
    ------
    InvalidInput
        An unknown language, format or county, a template that cannot be read, a file that cannot be written.
    """
    word_file = None if template is None else Path(template)
    check_report(lang=lang, formats=formats, template=word_file)
    texts = read_texts(lang)
    if county is None:
        return _write(chapters(findings, texts), findings, texts, Path(folder), formats, word_file)
    mine = findings_of_county(findings, county)
    return _write(county_chapters(findings, mine, texts), mine, texts, Path(folder), formats, word_file)


def write_comparison(
    cases: Mapping[str, Findings],
    folder: str | Path,
    *,
    lang: str = "zh",
    formats: Sequence[str] = FORMATS,
    template: str | Path | None = None,
) -> list[Path]:
    """Write a report that puts the results of several runs side by side.

    Parameters
    ----------
    cases : mapping of str to Findings
        Name of each run as it is printed, in the order of its columns; the target is that of the first.
    folder, lang, formats, template
        As of :func:`write_report`.

    Raises
    ------
    InvalidInput
        As :func:`write_report`; fewer than two runs.
    """
    word_file = None if template is None else Path(template)
    check_report(lang=lang, formats=formats, template=word_file)
    if len(cases) < 2:
        raise InvalidInput([Problem("--beside", "nothing to compare with", "Give two or more results folders.")])
    texts = read_texts(lang)
    found = compared_findings(cases)
    return _write(compared_chapters(cases, texts), found, texts, Path(folder), formats, word_file)


def _write(
    made: tuple[Chapter, ...],
    findings: Findings,
    texts: Texts,
    target: Path,
    formats: Sequence[str],
    template: Path | None,
) -> list[Path]:
    """Every format from the same chapters and figures: all made, then all written."""
    material = Material(made, findings, texts, draw_figures(made, texts), template)
    files = {f"report.{name}": MAKERS[name](material) for name in dict.fromkeys(formats)}
    try:
        target.mkdir(parents=True, exist_ok=True)
        written = [_put(target / name, content) for name, content in files.items()]
        return [*written, *write_figures(material.drawn, target)]
    except OSError as error:
        what = f"cannot be written: {error.strerror or error}"
        fix = "Close programs that have the file open; choose a folder you may write to."
        raise InvalidInput([Problem(str(error.filename or target), what, fix)]) from error


def check_report(*, lang: str, formats: Sequence[str], template: Path | None) -> None:
    """Raise InvalidInput with all that is wrong with how a report is asked for.  Cheap: call it before a long run."""
    fix = f"Choose one of {', '.join(LANGUAGES)}."
    unknown = [] if lang in LANGUAGES else [Problem("--lang", f"unknown language {lang!r}", fix)]
    wrong = [] if template is None else template_problems(template)
    raise_if([*unknown, *_format_problems(formats), *wrong])


def _put(path: Path, content: bytes) -> Path:
    """A file in one step, also over an older one."""
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        draft.write_bytes(content)
        os.replace(draft, path)  # noqa: PTH105 - one step, also over an older report
    finally:
        draft.unlink(missing_ok=True)
    return path


def _format_problems(formats: Sequence[str]) -> list[Problem]:
    fix = f"Choose of {', '.join(FORMATS)}."
    unknown = [Problem("--format", f"unknown format {name!r}", fix) for name in formats if name not in MAKERS]
    return unknown if formats else [Problem("--format", "no format is given", fix)]
