"""``gridsim explain``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from gridsim.cli.console import caught, language_of, out

if TYPE_CHECKING:
    from gridsim.report.model import Block, Table

#: width of tables in a pipe, where there is no terminal to fit [characters]
PIPE_WIDTH = 150


def explain(
    folder: Annotated[Path, typer.Argument(help="results folder of gridsim run")],
    hour: Annotated[str, typer.Option("--hour", help='start of the hour or step, e.g. "2030-04-12 12:00"')],
    weather_year: Annotated[str | None, typer.Option(help="which one, of a run of several weather years")] = None,
    lang: Annotated[str, typer.Option(help="zh or en")] = "zh",
) -> None:
    """Explain one hour of a run: balance, limits, who is cut and why, what one more MW would change."""
    from gridsim.explain import explain_hour, of_weather_year
    from gridsim.report.catalogue import read_texts
    from gridsim.report.drawn import drawn, write_figures
    from gridsim.report.explained import explained_blocks
    from gridsim.report.figures.explained import hour_figure
    from gridsim.report.tables import Names
    from gridsim.store import read_findings

    with caught():
        texts = read_texts(language_of(lang))
        findings = of_weather_year(read_findings(folder), weather_year)
        found = explain_hour(findings, hour)
        picture = drawn(lambda: hour_figure(found, texts, Names(findings, texts)), lang=lang)
        paths = write_figures({f"explain_{found.time:%Y-%m-%d_%H%M}": picture}, folder)
    show(explained_blocks(found, findings, texts))
    for path in paths:
        out.print(str(path), markup=False)


def show(blocks: tuple[Block, ...]) -> None:
    """Print blocks of a report: sentences and tables."""
    from gridsim.report.model import Paragraph, Table

    console = out if out.is_terminal else Console(file=out.file, width=PIPE_WIDTH, highlight=False)
    for block in blocks:
        if isinstance(block, Paragraph):
            console.print(Text(block.text), soft_wrap=False)
        elif isinstance(block, Table):
            console.print(_grid(block), soft_wrap=False)
            for note in block.notes:
                console.print(Text(note, style="dim"), soft_wrap=False)


def _grid(table: Table) -> Grid:
    grid = Grid(title=Text(table.caption, style="bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for head in table.headers:
        label = f"{head.label} ({head.unit})" if head.unit else head.label
        grid.add_column(Text(label), justify="right" if head.is_number else "left", overflow="fold")
    for row in table.rows:
        grid.add_row(*(Text(c.text, style={"bad": "red", "good": "green"}.get(c.tone, "")) for c in row))
    return grid
