"""What the commands share: consoles, progress, and the exceptions turned into messages and exit codes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from gridsim.errors import InvalidInput, NoOptimum

if TYPE_CHECKING:
    from gridsim.store import Findings
    from gridsim.study import Study

BAD_INPUT, UNTRUSTED, MISSED = 2, 3, 1
Formats = Annotated[str | None, typer.Option("--format", help="of the report: html, docx, xlsx, with commas between")]
out, err = Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False, soft_wrap=True)


class _Plain:
    """Progress as plain lines in a pipe: one per stage when it ends."""

    def __init__(self) -> None:
        self._started: dict[str, float] = {}

    def __call__(self, stage: str, share: float) -> None:
        if stage not in self._started:
            self._started[stage] = time.perf_counter()
        if share >= 1.0:
            err.print(f"{stage}: done in {time.perf_counter() - self._started.pop(stage):.1f} s")


class _Bar:
    """Progress as bars on a terminal."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, share: float) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=1.0)
        self._bars.update(self._tasks[stage], completed=share)


@contextmanager
def progress_shown() -> Iterator[_Plain | _Bar]:
    """Progress of the stages: bars on a terminal, plain lines in a pipe."""
    if not sys.stderr.isatty():
        yield _Plain()
        return
    columns = (
        TextColumn("{task.description:24s}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err) as bars:
        yield _Bar(bars)


@contextmanager
def caught() -> Iterator[None]:
    """Turn the two exceptions gridsim raises on purpose into messages and exit codes."""
    try:
        yield
    except InvalidInput as bad:
        err.print(f"{len(bad.problems)} problem(s) in the input; nothing was written:")
        for problem in bad.problems:
            err.print(f"  {problem}", markup=False)
        raise typer.Exit(BAD_INPUT) from None
    except NoOptimum as lost:
        _lost(str(lost))
        raise typer.Exit(UNTRUSTED) from None


def _lost(message: str) -> None:
    """What clashes: a panel on a terminal, plain lines in a pipe."""
    title = "no trustworthy solution; nothing was written"
    if err.is_terminal:
        err.print(Panel(Text(message), title=title, title_align="left", border_style="red"), soft_wrap=False)
    else:
        err.print(f"{title}: {message}", markup=False)


@dataclass(frozen=True)
class ReportAsked:
    """How the report is to be printed, checked before the work begins."""

    lang: str
    formats: tuple[str, ...]
    template: Path | None

    def keep(self, findings: Findings, folder: Path, progress: Callable[[str, float], None]) -> None:
        """Write the results folder and the report into it, as a stage of the work."""
        from gridsim.store import write_findings

        progress("report", 0.0)
        write_findings(findings, folder)
        self.write(findings, folder)
        progress("report", 1.0)

    def write(self, findings: Findings, folder: Path, *, county: str | None = None) -> list[Path]:
        """Write the report so, or the short one of a county; returns the files."""
        from gridsim.report import write_report

        return write_report(
            findings, folder, lang=self.lang, formats=self.formats, template=self.template, county=county
        )  # fmt: skip


def study_asked(path: Path, scenario: str | None, lang: str | None, formats: str | None) -> tuple[Study, ReportAsked]:
    """The study of a file, in another scenario if asked, and its report as asked for.

    Raises
    ------
    InvalidInput
        Problems of the study file, an unknown language or format, a template that is not there.
    """
    from gridsim.study import read_study

    study = read_study(path)
    if scenario:
        study = study.with_changes(network={"scenario": scenario})
    own = study.report
    template = None if own.template is None else study.resolve(own.template)
    return study, report_asked(lang or own.lang, _listed(formats) or own.formats, template)


def report_asked(lang: str, formats: str | tuple[str, ...], template: Path | None) -> ReportAsked:
    """The report as asked for on the command line, checked; formats with commas between, or none for all."""
    from gridsim.report.write import FORMATS, check_report

    wanted = (_listed(formats) if isinstance(formats, str) else formats) or FORMATS
    check_report(lang=lang, formats=wanted, template=template)
    return ReportAsked(lang, wanted, template)


def language_of(lang: str) -> str:
    """A language the texts exist in, or the end of the command."""
    if lang not in ("zh", "en"):
        err.print(f"unknown language {lang!r}: zh or en", markup=False)
        raise typer.Exit(BAD_INPUT)
    return lang


def _listed(formats: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (formats or "").split(",") if name.strip())
