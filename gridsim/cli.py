"""The command line: the only place that prints or catches.

Exit codes: 0 = ran, whatever the verdict; 1 = ``--fail-on-verdict`` and the target is missed; 2 = bad input, all
problems listed; 3 = no trustworthy solution.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from gridsim.errors import InvalidInput, NoOptimum, Problem

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="gridsim: curtailment, overloads and verdict of a grid, explained.",
    pretty_exceptions_enable=False,
)

BAD_INPUT, UNTRUSTED, MISSED = 2, 3, 1
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
def _progress() -> Iterator[_Plain | _Bar]:
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
def _caught() -> Iterator[None]:
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


@app.command()
def run(
    study: Annotated[Path, typer.Argument(help="study file (.toml)")],
    scenario: Annotated[str | None, typer.Option(help="another scenario of the study's network")] = None,
    folder: Annotated[Path | None, typer.Option("--out", help="results folder; default out/<study>")] = None,
    lang: Annotated[str | None, typer.Option(help="language of the report: zh or en")] = None,
    sensitivities: Annotated[bool, typer.Option(help="also run the one-at-a-time sensitivities")] = False,
    fail_on_verdict: Annotated[bool, typer.Option(help="exit code 1 if the target is missed")] = False,
) -> None:
    """Run one study end to end: dispatch, AC of every hour, ledger, verdict, report."""
    from gridsim.report import write_report
    from gridsim.report.catalogue import read_texts
    from gridsim.report.conclusions import headline
    from gridsim.run import failed_checks, run_study
    from gridsim.store import check_results_folder, write_findings
    from gridsim.study import read_study

    started = time.perf_counter()
    with _caught():
        asked = read_study(study)
        if scenario:
            asked = asked.with_changes(network={"scenario": scenario})
        language = _language(lang or asked.report.lang)
        target = folder or Path("out") / study.stem
        check_results_folder(target)
        with _progress() as progress:
            findings = run_study(asked, sensitivities=sensitivities, progress=progress)
            progress("report", 0.0)
            write_findings(findings, target)
            write_report(findings, target, lang=language)
            progress("report", 1.0)
    out.print(headline(findings, read_texts(language)), markup=False)
    _say(findings.summary, target, time.perf_counter() - started)
    failed = failed_checks(findings)
    for check in failed:
        err.print(f"check failed: {check.check}: {check.worst:g} > {check.limit:g} at {check.where}", markup=False)
    if failed:
        raise typer.Exit(UNTRUSTED)
    if fail_on_verdict and _is_missed(findings.summary):
        raise typer.Exit(MISSED)


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(help="results folder of gridsim run")],
    lang: Annotated[str, typer.Option(help="zh or en")] = "zh",
) -> None:
    """Write the report of a results folder again, in either language."""
    from gridsim.report import write_report
    from gridsim.store import read_findings

    with _caught():
        for path in write_report(read_findings(folder), folder, lang=_language(lang)):
            out.print(str(path))


@app.command()
def check(
    path: Annotated[Path, typer.Argument(help="network folder or study file")],
    scenario: Annotated[str | None, typer.Option(help="one scenario; default all")] = None,
) -> None:
    """Check tables: schema, references, topology, plausibility; all problems at once."""
    from gridsim.network import read_network, scenario_names
    from gridsim.study import read_study, study_network
    from gridsim.topology import check_network

    with _caught():
        if path.suffix == ".toml":
            study = read_study(path)
            networks = [study_network(study)]
        else:
            names: list[str | None] = [scenario] if scenario else [*scenario_names(path)] or [None]
            networks = [read_network(path, scenario=name) for name in names]
    worst = 0
    for network in networks:
        rows = check_network(network)
        counts = rows["severity"].value_counts()
        out.print(
            f"{network.name} {network.scenario}: "
            + ", ".join(f"{counts.get(s, 0)} {s}" for s in ("error", "warning", "info"))
        )
        for _, row in rows.iterrows():
            remedy = "" if row.fix.startswith("none") else f". {row.fix}"
            out.print(f"  {row.severity}: {row.check}: {row.element}: {row.what}{remedy}", markup=False)
        worst = max(worst, int(counts.get("error", 0)))
    if worst:
        raise typer.Exit(BAD_INPUT)


@app.command()
def shortcircuit(
    path: Annotated[Path, typer.Argument(help="network folder or study file")],
    scenario: Annotated[str | None, typer.Option(help="scenario; default that of the study, or the base")] = None,
    add: Annotated[list[str] | None, typer.Option(help="converter plants to add: BUS=MW, repeatable")] = None,
    folder: Annotated[
        Path | None, typer.Option("--out", help="results folder: writes tables/short_circuit.csv")
    ] = None,
    top: Annotated[int, typer.Option(help="rows to print")] = 15,
) -> None:
    """Three-phase short-circuit currents (IEC 60909) of 110, 220 and 500 kV buses against the breakers' ceilings."""
    from gridsim.interop.short_circuit import short_circuit_table
    from gridsim.network import read_network
    from gridsim.study import read_study, study_network

    with _caught():
        if path.suffix == ".toml":
            asked = read_study(path)
            network = study_network(asked.with_changes(network={"scenario": scenario}) if scenario else asked)
        else:
            network = read_network(path, scenario=scenario)
        table = short_circuit_table(network, added_mw=_added(add or []))
        if folder is not None:
            target = folder / "tables" / "short_circuit.csv"
            target.parent.mkdir(parents=True, exist_ok=True)
            table.to_csv(target, index=False, encoding="utf-8-sig", lineterminator="\n")
            out.print(f"{target} written", markup=False)
    over = int((~table["ok"].astype(bool)).sum())
    out.print(
        f"{len(table)} buses, {over} above the breaking capacity of their breakers (machines and outside assumed)"
    )
    for row in table.head(top).to_dict("records"):
        hosted = "" if row["ik_hosted_ka"] != row["ik_hosted_ka"] else f", hosted {row['ik_hosted_ka']:.1f}"
        ik = f"{row['ik_ka']:.1f}{hosted} kA of {row['ceiling_ka']:g}"
        out.print(f"  {row['bus']}: {ik}, converters {row['converters_ka']:.2f}", markup=False)


def _added(items: list[str]) -> dict[str, float]:
    """``BUS=MW`` items as bus -> MW; several of one bus add up."""
    added: dict[str, float] = {}
    for item in items:
        bus, _, power = item.rpartition("=")
        try:
            added[bus] = added.get(bus, 0.0) + float(power)
        except ValueError:
            raise InvalidInput([Problem("--add", f"{item!r} is not BUS=MW", "e.g. --add 长寿110=50")]) from None
    return added


def _is_missed(summary: Mapping[str, Any]) -> bool:
    """Whether the target is missed: the local part alone, or the whole rate, is above it."""
    return summary["verdict"] == "fail" or summary["curtailment_percent_system_cause"] > summary["target_percent"]


def _language(lang: str) -> str:
    if lang not in ("zh", "en"):
        err.print(f"unknown language {lang!r}: zh or en", markup=False)
        raise typer.Exit(BAD_INPUT)
    return lang


def _say(summary: Mapping[str, Any], target: Path, seconds: float) -> None:
    """The answer in a few lines."""
    rate, target_percent = summary["curtailment_percent_system_cause"], summary["target_percent"]
    provincial, local = summary["curtailment_percent_provincial"], summary["curtailment_percent_local"]
    out.print(f"{summary['area']} {summary['year']}: {rate:.2f} % of wind and sun curtailed")
    out.print(f"  provincial {provincial:.2f}, local {local:.2f}; target {target_percent:g} %")
    for carrier, figures in summary["carriers"].items():
        energy = f"{figures['available_gwh']:.0f} GWh available, {figures['curtailed_gwh']:.1f} GWh curtailed"
        out.print(f"  {carrier}: {energy}, {figures['curtailment_percent']:.2f} %")
    out.print(f"verdict: {summary['verdict']}")
    for reason in summary["reasons"]:
        out.print(f"  - {reason}", markup=False)
    out.print(f"{target} written in {seconds:.1f} s", markup=False)


def main() -> None:
    """Entry point of the ``gridsim`` command."""
    app()
