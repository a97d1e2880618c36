"""``gridsim risk``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from gridsim.cli.console import UNTRUSTED, caught, err, out
from gridsim.cli.sweep import cases_shown, check_dask, say_cases

if TYPE_CHECKING:
    import pandas as pd


def risk(
    study: Annotated[Path, typer.Argument(help="study file (.toml) with a section [risk]")],
    folder: Annotated[Path | None, typer.Option("--out", help="folder of the sweep; default out/<study>_risk")] = None,
    into: Annotated[Path | None, typer.Option(help="results folder that is to have the tables, too")] = None,
    scheduler: Annotated[str | None, typer.Option(help="address of a Dask scheduler, e.g. tcp://host:8786")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="worker processes here; default one a core")] = None,
) -> None:
    """How sure a county's hosting capacity is: weather years, load growth, random siting; goes on where it stopped."""
    from gridsim.risk import risk_sweep, risk_tables
    from gridsim.store import read_findings, write_findings
    from gridsim.study import read_study
    from gridsim.sweep.run import run_sweep

    with caught():
        check_dask()
        asked = read_study(study)
        known = None if into is None else read_findings(into)
        target = folder or Path("out") / f"{study.stem}_risk"
        with cases_shown() as shown:
            found = run_sweep(
                risk_sweep(asked),
                target,
                scheduler=scheduler,
                workers=workers,
                progress=shown,
                announce=lambda address: err.print(f"dashboard: {address}", markup=False),
            )
        tables = risk_tables(asked, found)
        for name, table in tables.items():
            table.to_csv(target / f"{name}.csv", index=False, encoding="utf-8-sig", lineterminator="\n")
        if known is not None and into is not None:
            write_findings(replace(known, tables={**known.tables, **tables}), into)
    say_cases(found)
    _say(tables["hosting_risk"])
    out.print(f"{target}: hosting_risk.csv, hosting_risk_sample.csv{f'; {into}: tables' if into else ''}", markup=False)
    if found.counts()["done"] < found.counts()["cases"]:
        raise typer.Exit(UNTRUSTED)


def _say(table: pd.DataFrame) -> None:
    columns = ("county", "scenarios", "P10 MW", "P50 MW", "P90 MW", "plan MW", "target holds %", "90 % interval")
    listed = Table(*columns, title="risk of hosting capacity")
    for row in table.to_dict("records"):
        known = row["scenarios"] - row["without_result"]
        figures = [f"{row[f'p{q}_mw']:.0f}" for q in (10, 50, 90)]
        holds = ["", "", ""]
        if row["holds_percent"] == row["holds_percent"]:
            interval = f"{row['holds_low_percent']:.0f}-{row['holds_high_percent']:.0f}"
            holds = [f"{row['plan_mw']:g}", f"{row['holds_percent']:.0f}", interval]
        listed.add_row(str(row["county"]), f"{known} of {row['scenarios']}", *figures, *holds)
    out.print(listed)
