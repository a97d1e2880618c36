"""``gridsim marginal``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from gridsim.cli.console import Formats, caught, out, progress_shown, study_asked


def marginal(
    study: Annotated[Path, typer.Argument(help="study file (.toml)")],
    folder: Annotated[Path | None, typer.Option("--out", help="results of gridsim run; default out/<study>")] = None,
    county: Annotated[list[str] | None, typer.Option(help="county, repeatable; default all")] = None,
    carrier: Annotated[list[str] | None, typer.Option(help="wind or solar, repeatable; default both")] = None,
    limit: Annotated[list[str] | None, typer.Option(help="branch or section; default: in force")] = None,
    step_mw: Annotated[float, typer.Option(help="more wind or sun [MW]")] = 20.0,
    limit_step_mw: Annotated[float, typer.Option(help="wider limit [MW]")] = 5.0,
    lang: Annotated[str | None, typer.Option(help="language of the report: zh or en")] = None,
    formats: Formats = None,
    processes: Annotated[int | None, typer.Option(min=1, help="worker processes; default all cores")] = None,
) -> None:
    """Add marginal values by finite difference (a dispatch of the year for each) to the results of a run."""
    from gridsim.marginal import year_differences
    from gridsim.store import read_findings

    started = time.perf_counter()
    with caught():
        asked, wanted = study_asked(study, None, lang, formats)
        target = folder or Path("out") / study.stem
        findings = read_findings(target)
        with progress_shown() as progress:
            found = year_differences(
                asked, findings, counties=county or None, carriers=carrier or None, limits=limit or None,
                step_mw=step_mw, limit_step_mw=limit_step_mw, processes=processes, progress=progress,
            )  # fmt: skip
            wanted.keep(found, target, progress)
    for name, key in (("marginal_county", "county"), ("marginal_limit", "element")):
        table = found.tables[name]
        for row in table[table["method"] == "finite_difference"].to_dict("records"):
            what = f"{row[key]} {row.get('carrier', '')}".strip()
            mwh = f"{row['city_mwh_per_mw']:.1f} / {row['both_mwh_per_mw']:.1f} MWh/MW curtailed (city / both areas)"
            out.print(f"{what}: {mwh}, step {row['step_mw']:g} MW", markup=False)
    out.print(f"{target} written in {time.perf_counter() - started:.1f} s", markup=False)
