"""``gridsim hosting``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from gridsim.cli.console import UNTRUSTED, Formats, caught, err, out, progress_shown, study_asked


def hosting(
    study: Annotated[Path, typer.Argument(help="study file (.toml)")],
    county: Annotated[list[str] | None, typer.Option(help="only this county; may be given again")] = None,
    mix: Annotated[list[str] | None, typer.Option(help="only this mix of the study; may be given again")] = None,
    joint: Annotated[bool, typer.Option("--joint", help="also all these counties together")] = False,
    relief: Annotated[bool, typer.Option("--relief", help="each county again with its first limit lifted")] = False,
    queue: Annotated[bool, typer.Option("--queue", help="also the registered projects, admitted in turn")] = False,
    scenario: Annotated[str | None, typer.Option(help="another scenario of the study's network")] = None,
    folder: Annotated[Path | None, typer.Option("--out", help="results folder; default out/<study>_hosting")] = None,
    lang: Annotated[str | None, typer.Option(help="language of the report: zh or en")] = None,
    formats: Formats = None,
    processes: Annotated[int | None, typer.Option(min=1, help="worker processes; default all cores")] = None,
) -> None:
    """Hosting capacity of the counties; every simulated year is kept, so the same command goes on where it stopped."""
    from gridsim.hosting import hosting_capacity
    from gridsim.store import check_results_folder

    started = time.perf_counter()
    with caught():
        asked, wanted = study_asked(study, scenario, lang, formats)
        target = folder or Path("out") / (study.stem if study.stem.endswith("_hosting") else f"{study.stem}_hosting")
        check_results_folder(target)
        with progress_shown() as progress:
            findings = hosting_capacity(
                asked,
                counties=county,
                mixes=mix,
                also=[name for name, wished in (("relief", relief), ("joint", joint), ("queue", queue)) if wished],
                folder=target,
                processes=processes,
                progress=progress,
            )
            wanted.keep(findings, target, progress)
    system = findings.tables["hosting_system"]
    _say(findings.summary, system)
    _say_more(findings.tables)
    points = findings.manifest["points"]
    known = f"{points['simulated']} years simulated, {points['known_before']} known before"
    out.print(f"{target} written in {time.perf_counter() - started:.1f} s; {known}", markup=False)
    lost = system[system["searched"] & ~system["ok"]]
    for row in lost.to_dict("records"):
        err.print(f"no trustworthy result: {row['county']}, {row['mix']}: {row['detail']}", markup=False)
    if len(lost):
        raise typer.Exit(UNTRUSTED)


def _say(summary: Any, system: Any) -> None:
    """The base case and the counties in a table."""
    rate, both = summary["curtailment_percent"], summary["both_areas_curtailment_percent"]
    head = f"{summary['area']} {summary['year']}: {rate:.2f} % curtailed, both areas {both:.2f} %"
    out.print(f"{head}; target {summary['target_percent']:g} %", markup=False)
    mixes = system["mix"].nunique() > 1
    listed = Table(title="hosting capacity")
    heads = ("county", *(["mix"] if mixes else []), "MW", "limited by", "because of", "then")
    for name in (*heads, "city %", "county %", "years"):
        listed.add_column(name, overflow="fold")
    for row in system[system["headline"]].to_dict("records"):
        listed.add_row(
            row["county"],
            *([row["mix"]] if mixes else []),
            _capacity(row),
            str(row["criterion"]).replace("_", " "),
            row["element"],
            row["next_element"],
            f"{row['city_rate_at_percent']:.2f}",
            f"{row['county_rate_at_percent']:.2f}",
            str(row["simulations"]),
        )
    out.print(listed)


def _say_more(tables: Any) -> None:
    """First limits lifted, totals of all counties together and the queue, as far as they were asked for."""
    relieved = tables["hosting_system"].query("headline and relief != ''")
    if len(relieved):
        listed = Table("county", "limit", "lifted by", "MW", "MW then", title="first limits lifted")
        for row in relieved.to_dict("records"):
            then = {"simulated": f"{row['relieved_mw']:g}", "bound": f"> {row['relieved_mw']:g}"}
            size = then.get(row["relieved_by"], row["relieved_by"])
            listed.add_row(row["county"], row["element"], row["relief"], f"{row['capacity_mw']:g}", size)
        out.print(listed)
    if "hosting_joint_total" in tables:
        columns = ("shares", "MW", "sum of single MW", "bound MW", "limited by", "city %")
        listed = Table(*columns, title="all counties together")
        for row in tables["hosting_joint_total"].to_dict("records"):
            figures = [f"{row[c]:.0f}" if row[c] == row[c] else "" for c in ("sum_of_single_mw", "bound_mw")]
            total = f"{'> ' if row['above_bound'] else ''}{row['total_mw']:g}"
            limit = f"{row['criterion']} {row['element']}".strip()
            listed.add_row(row["shares"], total, *figures, limit, f"{row['city_rate_at_percent']:.2f}")
        out.print(listed)
    if "hosting_queue" in tables:
        listed = Table("project", "county", "MW", "accepted MW", "decision", "limited by", title="queue")
        for row in tables["hosting_queue"].to_dict("records"):
            limit = f"{row['criterion']} {row['element']}".strip()
            sizes = (f"{row['max_p_mw']:g}", f"{row['accepted_mw']:g}")
            listed.add_row(row["project"], row["county"], *sizes, row["decision"], limit)
        out.print(listed)


def _capacity(row: Any) -> str:
    """``> 800`` at the upper end of the search, ``0 (base)`` where the base case misses the target already."""
    size = f"{row['capacity_mw']:g}"
    if not row["base_ok"]:
        return f"{size} (base)"
    return f"> {size}" if row["above_bound"] else size
