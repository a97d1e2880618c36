"""``gridsim report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gridsim.cli.console import Formats, caught, out, report_asked


def report(
    folder: Annotated[Path, typer.Argument(help="results folder of gridsim run")],
    lang: Annotated[str, typer.Option(help="zh or en")] = "zh",
    formats: Formats = None,
    template: Annotated[Path | None, typer.Option(help="Word file with your own letterhead and styles")] = None,
) -> None:
    """Write the report of a results folder again, in either language."""
    from gridsim.store import read_findings

    with caught():
        wanted = report_asked(lang, formats or (), template)
        for path in wanted.write(read_findings(folder), folder):
            out.print(str(path), markup=False)
