"""``gridsim run``."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from gridsim.cli.console import MISSED, UNTRUSTED, Formats, caught, err, out, progress_shown, study_asked


def run(
    study: Annotated[Path, typer.Argument(help="study file (.toml)")],
    scenario: Annotated[str | None, typer.Option(help="another scenario of the study's network")] = None,
    folder: Annotated[Path | None, typer.Option("--out", help="results folder; default out/<study>")] = None,
    lang: Annotated[str | None, typer.Option(help="language of the report: zh or en")] = None,
    formats: Formats = None,
    sensitivities: Annotated[bool, typer.Option(help="also run the one-at-a-time sensitivities")] = False,
    ladder: Annotated[
        bool, typer.Option(help="also solve the year with provincial limits only, then sections, branches, N-1")
    ] = False,
    processes: Annotated[
        int | None, typer.Option(min=1, help="weather years or sensitivities at a time; default by cores and memory")
    ] = None,
    fail_on_verdict: Annotated[bool, typer.Option(help="exit code 1 if the target is missed")] = False,
) -> None:
    """Run one study end to end: dispatch, AC of every hour, ledger, verdict, report."""
    from gridsim.report.catalogue import read_texts
    from gridsim.report.conclusions import headline
    from gridsim.run import failed_checks, run_study
    from gridsim.store import check_results_folder, staging_beside

    started = time.perf_counter()
    with caught():
        asked, wanted = study_asked(study, scenario, lang, formats)
        target = folder or Path("out") / study.stem
        check_results_folder(target)
        with progress_shown() as progress, staging_beside(target) as staging:
            findings = run_study(
                asked,
                sensitivities=sensitivities,
                ladder=ladder,
                processes=processes,
                folder=staging,
                progress=progress,
            )
            wanted.keep(findings, target, progress)
    out.print(headline(findings, read_texts(wanted.lang)), markup=False)
    _say(findings.summary, target, time.perf_counter() - started)
    failed = failed_checks(findings)
    for check in failed:
        err.print(f"check failed: {check.check}: {check.worst:g} > {check.limit:g} at {check.where}", markup=False)
    if failed:
        raise typer.Exit(UNTRUSTED)
    if fail_on_verdict and _is_missed(findings.summary):
        raise typer.Exit(MISSED)


def _is_missed(summary: Mapping[str, Any]) -> bool:
    """Whether the target is missed: the local part alone, or the whole rate, is above it in any weather year."""
    rate = "curtailment_percent_system_cause"
    return summary["verdict"] == "fail" or summary.get(f"{rate}_worst", summary[rate]) > summary["target_percent"]


def _say(summary: Mapping[str, Any], target: Path, seconds: float) -> None:
    """The answer in a few lines."""
    rate, target_percent = summary["curtailment_percent_system_cause"], summary["target_percent"]
    provincial, local = summary["curtailment_percent_provincial"], summary["curtailment_percent_local"]
    out.print(f"{summary['area']} {summary['year']}: {rate:.2f} % of wind and sun curtailed")
    out.print(f"  provincial {provincial:.2f}, local {local:.2f}; target {target_percent:g} %")
    for carrier, figures in summary["carriers"].items():
        energy = f"{figures['available_gwh']:.0f} GWh available, {figures['curtailed_gwh']:.1f} GWh curtailed"
        out.print(f"  {carrier}: {energy}, {figures['curtailment_percent']:.2f} %")
    for year in summary.get("weather_years", ()):
        out.print(f"  weather year {_in_short(year)}")
    if len(summary.get("weather_years", ())) > 1:
        worst, high = (summary[f"curtailment_percent_system_cause_{name}"] for name in ("worst", "p90"))
        out.print(
            f"  mean {rate:.2f}, worst {worst:.2f} (weather year {summary['worst_weather_year']}), P90 {high:.2f} %"
        )
    lost, exported = summary["storage_loss_gwh"], summary["exported_gwh"]
    out.print(f"  not taken {summary['curtailed_gwh']:.1f}, lost in stores {lost:.1f}, exported {exported:.1f} GWh")
    out.print(f"verdict: {summary['verdict']}, margin {summary['margin_points']:+.2f} points")
    if summary["worst_county"]:
        out.print(f"  worst county: {summary['worst_county']} {summary['worst_county_percent']:.2f} %", markup=False)
    hangs = [f"{h['case']} {h['change_points']:+.2f}" for h in summary["hangs_on"][:3]]
    out.print(f"  hangs on: {', '.join(hangs) or 'not known, run with --sensitivities'} (points)")
    for reason in summary["reasons"]:
        out.print(f"  - {reason}", markup=False)
    out.print(f"{target} written in {seconds:.1f} s", markup=False)


def _in_short(year: Mapping[str, Any]) -> str:
    """A weather year in half a line."""
    rate, both = year["curtailment_percent_system_cause"], year["both_areas_percent"]
    parts = f"provincial {year['provincial_percent']:.2f}, local {year['local_percent']:.2f}"
    return f"{year['weather_year']}: {rate:.2f} % ({parts}), both areas {both:.2f} %"
