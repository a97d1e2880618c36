"""``gridsim check`` and ``gridsim shortcircuit``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridsim.cli.console import BAD_INPUT, caught, out
from gridsim.cli.weather_check import show_by_check as show_weather
from gridsim.errors import InvalidInput, Problem
from gridsim.report.catalogue import read_texts

if TYPE_CHECKING:
    import pandas as pd

    from gridsim.network import Network
    from gridsim.study import Study


def check(
    path: Annotated[Path, typer.Argument(help="network folder or study file")],
    scenario: Annotated[str | None, typer.Option(help="one scenario; default all")] = None,
) -> None:
    """Check tables: schema, references, topology, plausibility; of a study its weather, too; all problems at once."""
    from gridsim.network import read_network, scenario_names
    from gridsim.study import read_study, study_network
    from gridsim.topology import check_network

    weather: dict[str, pd.DataFrame] = {}
    with caught():
        if path.suffix == ".toml":
            study = read_study(path)
            networks = [study_network(study)]
            weather = _weather(study, networks[0])
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
    show_weather(weather, read_texts("en"))
    if worst or any((report["severity"] == "error").any() for report in weather.values()):
        raise typer.Exit(BAD_INPUT)


def _weather(study: Study, network: Network) -> dict[str, pd.DataFrame]:
    """Findings on the weather of every weather year of a study, by year; nothing if no plant needs weather."""
    from gridsim.driver_checks import weather_report
    from gridsim.run_year import study_drivers
    from gridsim.years.runs import of_year

    years: dict[str, Study] = {str(y): of_year(study, y) for y in study.weather.years}
    years = years or {"typical" if study.weather.year is None else str(study.weather.year): study}
    reports = {year: weather_report(study_drivers(of_one, network)) for year, of_one in years.items()}
    return {year: report for year, report in reports.items() if not report.empty}


def shortcircuit(
    path: Annotated[Path, typer.Argument(help="network folder or study file")],
    scenario: Annotated[str | None, typer.Option(help="scenario; default that of the study, or the base")] = None,
    add: Annotated[list[str] | None, typer.Option(help="converter plants to add: BUS=MW, repeatable")] = None,
    folder: Annotated[
        Path | None, typer.Option("--out", help="results folder: writes tables/short_circuit.csv")
    ] = None,
    top: Annotated[int, typer.Option(help="rows to print")] = 15,
) -> None:
    """Three-phase short-circuit currents (IEC 60909) of 10 to 500 kV buses against the breakers' ceilings."""
    from gridsim.network import read_network
    from gridsim.short_circuit import short_circuit_table
    from gridsim.study import read_study, study_network

    with caught():
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
