"""``gridsim measures``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from gridsim.cli.console import UNTRUSTED, Formats, caught, err, out, progress_shown, study_asked


def measures(
    study: Annotated[Path, typer.Argument(help="study file (.toml)")],
    scenario: Annotated[str | None, typer.Option(help="another scenario of the study's network")] = None,
    folder: Annotated[Path | None, typer.Option("--out", help="results folder; default out/<study>_measures")] = None,
    lang: Annotated[str | None, typer.Option(help="language of the report: zh or en")] = None,
    formats: Formats = None,
    ac: Annotated[bool, typer.Option("--ac", help="also the AC of every hour, base case and best measure")] = False,
    processes: Annotated[int | None, typer.Option(min=1, help="worker processes; default all cores")] = None,
) -> None:
    """Rank remedies for the curtailment: each simulated for the whole year, then pairs of the best."""
    from gridsim.measures import rank_measures
    from gridsim.report.catalogue import read_texts
    from gridsim.store import check_results_folder

    started = time.perf_counter()
    with caught():
        asked, wanted = study_asked(study, scenario, lang, formats)
        target = folder or Path("out") / f"{study.stem}_measures"
        check_results_folder(target)
        with progress_shown() as progress:
            findings = rank_measures(asked, ac=ac, processes=processes, progress=progress)
            wanted.keep(findings, target, progress)
    _say(findings, read_texts(wanted.lang), target, time.perf_counter() - started)
    lost = [row for row in findings.tables["measures"].to_dict("records") if not row["ok"]]
    for row in lost:
        err.print(f"no trustworthy result: {row['measure']}: {row['detail']}", markup=False)
    if lost:
        raise typer.Exit(UNTRUSTED)


def _say(findings: Any, texts: Any, target: Path, seconds: float) -> None:
    """The base case, the ranking and the pairs in a few lines; energies in MWh."""
    from gridsim.report.measures import label
    from gridsim.report.numbers import number

    summary, table = findings.summary, findings.tables["measures"]
    city, both = summary["curtailment_percent"], summary["both_areas_curtailment_percent"]
    cut = f"{1e3 * summary['curtailed_gwh']:.0f} / {1e3 * summary['both_areas_curtailed_gwh']:.0f} MWh"
    out.print(f"{summary['area']} {summary['year']}: {city:.2f} % curtailed, both areas {both:.2f} % ({cut})")
    names = {r["measure"]: label(r, texts) for r in table.to_dict("records")}
    out.print(f"{'':>2} {'MWh city':>10} {'MWh both':>10} {'CNY/MWh':>9}  measure", markup=False)
    for r in table.to_dict("records"):
        avoided = [_mwh(r[f"avoided_{scope}_mwh"]) for scope in ("city", "both")]
        price = number(r["both_cny_per_mwh"], "cny_per_mwh")
        fresh = f"; new overloads: {r['new_overloads']}" if r["new_overloads"] else ""
        line = f"{r['rank']:>2} {avoided[0]:>10} {avoided[1]:>10} {price:>9}  {names[r['measure']]}{fresh}"
        out.print(line, markup=False)
    for r in findings.tables["measures_pairs"].to_dict("records"):
        a, b = (names[r[f"measure_{which}"]] for which in "ab")
        sums = f"together {_mwh(r['together_both_mwh'])} MWh in both areas, sum of the two {_mwh(r['sum_both_mwh'])}"
        out.print(f"{a} + {b}: {sums if r['ok'] else r['detail']}", markup=False)
    skipped = int((~findings.tables["measures_candidates"]["simulated"].astype(bool)).sum())
    out.print(f"{skipped} candidates not simulated, with reasons: tables/measures_candidates.csv", markup=False)
    out.print(f"{target} written in {seconds:.1f} s", markup=False)


def _mwh(energy_mwh: float) -> str:
    """An energy in whole MWh; a dash without one."""
    return "-" if energy_mwh != energy_mwh else str(round(energy_mwh))
