"""``gridsim report``: of a results folder, of one county, of several folders side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridsim.cli.console import Formats, caught, out, report_asked
from gridsim.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from gridsim.store import Findings


def report(
    folder: Annotated[Path, typer.Argument(help="results folder of gridsim run")],
    lang: Annotated[str, typer.Option(help="zh or en")] = "zh",
    formats: Formats = None,
    template: Annotated[Path | None, typer.Option(help="Word file with your own letterhead and styles")] = None,
    county: Annotated[str | None, typer.Option(help="the short report of this county")] = None,
    beside: Annotated[
        list[Path] | None, typer.Option(help="other results to put beside it, repeatable; NAME=FOLDER names them")
    ] = None,
    target: Annotated[
        Path | None, typer.Option("--out", help="default DIR, DIR/counties/COUNTY or DIR/side_by_side")
    ] = None,
) -> None:
    """Write the report of a results folder again: whole, of one county, or beside other results."""
    from gridsim.report import write_comparison

    with caught():
        asked = report_asked(lang, formats or (), template)
        if county is not None and beside:
            fix = "Ask for one of the two."
            raise InvalidInput([Problem("--county", "a county's report has no other results beside it", fix)])
        found = _read([str(folder), *(str(b) for b in beside or ())])
        if beside:
            place = target or folder / "side_by_side"
            paths = write_comparison(
                found, place, lang=asked.lang, formats=asked.formats, template=asked.template
            )  # fmt: skip
        else:
            place = target or (folder if county is None else folder / "counties" / county)
            paths = asked.write(next(iter(found.values())), place, county=county)
        for path in paths:
            out.print(str(path), markup=False)


def _read(given: Sequence[str]) -> dict[str, Findings]:
    """Results by the name they are printed under: the given one, the study's, or the folder's where these are equal.

    Raises
    ------
    InvalidInput
        Problems of all folders at once.
    """
    from gridsim.store import read_findings

    problems: list[Problem] = []
    read: list[tuple[str, Path, Findings]] = []
    for text in given:
        name, _, place = text.rpartition("=") if not Path(text).exists() else ("", "", text)
        try:
            read.append((name, Path(place), read_findings(place)))
        except InvalidInput as bad:
            problems += bad.problems
    if problems:
        raise InvalidInput(problems)
    studies = [str((f.manifest.get("study") or {}).get("name", "")) for _, _, f in read]
    own = len(set(studies)) == len(studies) and all(studies)
    labels = [name or (study if own else place.resolve().name) for (name, place, _), study in zip(read, studies)]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    fix = "Name them apart: --beside NAME=FOLDER."
    if twice:
        raise InvalidInput([Problem("--beside", f"two results are called {label!r}", fix) for label in twice])
    return {label: findings for label, (_, _, findings) in zip(labels, read)}
