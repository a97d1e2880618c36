"""Runs with several weather years: through the command line, alone and together, and what goes wrong in one year."""

from __future__ import annotations

import json
import os
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tiny_years
from typer.testing import CliRunner

from gridsim.cli import app
from gridsim.errors import InvalidInput, NoOptimum, Problem
from gridsim.hourly import HourlyFiles
from gridsim.run import run_study
from gridsim.store import read_findings, write_findings
from gridsim.study import Study, read_study
from gridsim.weather.canonical import write_canonical
from gridsim.weather.climate import read_climate
from gridsim.weather.synthetic import synthesise


def command(*arguments: object):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def tables_of(folder: Path, below: str = "") -> dict[str, bytes]:
    """Content of the tables straight in a folder, by name."""
    return {p.name: p.read_bytes() for p in sorted((folder / "tables" / below).glob("*.csv"))}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_years.write_study(tmp_path_factory.mktemp("年") / "气象年", "years = [2016, 2015]")


@pytest.fixture(scope="module")
def run(study: Path):
    """``gridsim run`` of two weather years in two processes."""
    result = command("run", study, "--out", study.parent / "结果", "--processes", 2, "--format", "html")
    assert result.exit_code == 0, result.output
    return result, study.parent / "结果"


def single(study: Path, **weather: object) -> Study:
    return read_study(study).with_changes(weather={"years": (), **weather})


@pytest.mark.slow
def test_results_folder_of_several_years(run, study):
    result, out = run
    findings = read_findings(out)
    frames = {"balance", "curtailment", "dispatch", "flow", "loading", "storage", "voltage"}
    for year in (2015, 2016):
        assert frames <= {name.removeprefix(f"{year}/") for name in findings.hourly if name.startswith(f"{year}/")}
    assert {name.split("/")[0] for name in findings.hourly} == {"2015", "2016"}
    assert isinstance(findings.hourly, HourlyFiles)
    assert len(findings.hourly["2016/flow"]) == 8760
    years = findings.tables["weather_years"]
    assert list(years["weather_year"]) == ["2015", "2016", "mean", "worst", "p90"]
    for year in (2015, 2016):
        assert f"weather year {year}: " in result.stdout
    below = set(tables_of(out, "by_weather_year/2015"))
    of_folders = {"installed.csv", "sources.csv"}  # what the data folders say, not a weather year
    assert below == set(tables_of(out)) - {"weather_years.csv"} - of_folders
    assert not list(out.parent.glob(".*")), "a staging folder is left behind"
    assert "weather years: done in" in result.stderr


@pytest.mark.slow
def test_means_are_those_of_the_tables_of_the_years(run):
    """Energies: half the sum; rates: of the summed energies; the headline the same."""
    _, out = run
    findings = read_findings(out)
    each = [findings.tables[f"by_weather_year/{y}/curtailment_by_county"].set_index("county") for y in (2015, 2016)]
    mean = findings.tables["curtailment_by_county"].set_index("county")
    for column in ("available_gwh", "wind_curtailed_gwh", "solar_used_gwh"):
        assert mean[column].to_numpy() == pytest.approx((each[0][column] + each[1][column]).to_numpy() / 2)
    sums = {c: sum(t[c] for t in each) for c in ("curtailed_gwh", "available_gwh")}
    rate = 100 * sums["curtailed_gwh"] / sums["available_gwh"]
    assert mean["curtailment_percent"].to_numpy() == pytest.approx(rate.to_numpy())
    whole = 100 * sums["curtailed_gwh"].sum() / sums["available_gwh"].sum()
    assert findings.summary["curtailment_percent"] == pytest.approx(whole)
    assert findings.tables["weather_years"].set_index("weather_year").loc[
        "mean", "curtailment_percent"
    ] == pytest.approx(whole)
    assert np.diff([y["curtailment_percent"] for y in findings.summary["weather_years"]]) != 0
    causes = findings.tables["curtailment_by_cause"]["curtailed_gwh"].sum()
    assert causes == pytest.approx(findings.summary["curtailed_gwh"])
    overload = findings.tables["overload"].set_index("element")["max_loading_percent"]
    of_years = pd.concat(
        findings.tables[f"by_weather_year/{y}/overload"].set_index("element")["max_loading_percent"]
        for y in (2015, 2016)
    )
    assert overload.to_dict() == of_years.groupby(level=0).max().to_dict()
    assert len(findings.tables["ac"]) == 2 * 8760


@pytest.mark.slow
def test_a_year_alone_among_several_and_as_the_only_one(run, study, tmp_path):
    """The same bytes in every table; ``years = [2015]`` has one table more and its year's folder.

    What is of the study and of no weather year stands once, above the years: capacities, sources, growth of demand.
    """
    _, out = run
    alone, only = tmp_path / "alone", tmp_path / "only"
    write_findings(run_study(single(study, year=2015)), alone)
    write_findings(run_study(single(study, years=(2015,))), only)
    both, of_year = tables_of(only), tables_of(alone)
    assert both.pop("weather_years.csv")
    assert both == of_year
    assert of_year.pop("installed.csv") and of_year.pop("sources.csv")
    growth = ["growth_percent", "growth_from"]
    demand = pd.read_csv(BytesIO(of_year.pop("demand_by_county.csv")), encoding="utf-8-sig").drop(columns=growth)
    for folder in (out, only):
        there = tables_of(folder, "by_weather_year/2015")
        found = pd.read_csv(BytesIO(there.pop("demand_by_county.csv")), encoding="utf-8-sig")
        pd.testing.assert_frame_equal(found, demand)
        assert there == of_year
    hourly = [{p.relative_to(f).as_posix(): p.read_bytes() for p in (f / "hourly").rglob("*.*")} for f in (alone, only)]
    assert hourly[0] == hourly[1]


@pytest.mark.slow
def test_the_order_of_the_years_is_irrelevant(study, tmp_path):
    """Without AC, so that four runs take seconds."""
    written = []
    for k, years in enumerate(((2016, 2015), (2015, 2016))):
        findings = run_study(single(study, years=years).with_changes(ac={"enabled": False}), processes=1)
        written.append(write_findings(findings, tmp_path / str(k)))
    names = [{p.relative_to(f).as_posix(): p.read_bytes() for p in f.rglob("*.csv")} for f in written]
    assert names[0] == names[1]
    assert (written[0] / "summary.json").read_bytes() == (written[1] / "summary.json").read_bytes()


@pytest.mark.slow
def test_the_report_is_written_again_from_the_folder(run):
    _, out = run
    for lang, word in (("en", "weather year"), ("zh", "气象年")):
        result = command("report", out, "--lang", lang, "--format", "html")
        assert result.exit_code == 0, result.output
        assert word in (out / "report.html").read_text("utf-8")


@pytest.mark.slow
def test_the_manifest_tells_the_years_apart(run):
    _, out = run
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert list(manifest["by_weather_year"]) == ["2015", "2016"]
    assert len(manifest["windows"]) == 2 * 365
    assert {w["weather_year"] for w in manifest["windows"]} == {2015, 2016}
    assert "synthetic" in manifest["inputs"]["weather"]


@pytest.mark.slow
def test_a_temporary_folder_goes_with_the_findings(study):
    findings = run_study(single(study, years=(2015,)).with_changes(ac={"enabled": False}))
    folder = findings.hourly.folder
    assert len(findings.hourly["flow"]) == 8760
    del findings
    assert not folder.exists()


# --- what goes wrong -----------------------------------------------------------------------------------------


def test_no_optimum_names_the_year(study, tmp_path, monkeypatch):
    def fail(asked: Study, **_: object):
        if asked.weather.year == 2016:
            raise NoOptimum("window 7, 2030-01-08: no schedule")
        raise KeyboardInterrupt

    monkeypatch.setattr("gridsim.years.runs.run_year", fail)
    only = tmp_path / "study.toml"
    only.write_text(
        study.read_text("utf-8").replace("[2016, 2015]", "[2016]").replace('"network"', f'"{study.parent}/network"')
    )
    result = command("run", only, "--out", tmp_path / "out")
    assert result.exit_code == 3
    assert "weather year 2016: window 7" in result.stderr
    assert not (tmp_path / "out").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["study.toml"]


def test_bad_input_of_a_year_names_the_year(study, monkeypatch, tmp_path):
    def fail(*_: object, **__: object):
        raise InvalidInput([Problem("a.csv", "gap at noon", "fill it")])

    monkeypatch.setattr("gridsim.years.runs.run_year", fail)
    with pytest.raises(InvalidInput, match="weather year 2015: gap at noon"):
        run_study(single(study, years=(2016, 2015)), processes=1, folder=tmp_path)


def test_years_without_files_are_all_named_before_anything_runs(study, tmp_path):
    asked = single(study, years=(2012, 2013), source="files")
    with pytest.raises(InvalidInput, match="no weather of 2012, 2013"):
        run_study(asked, folder=tmp_path)
    assert not os.listdir(tmp_path)  # noqa: PTH208


@pytest.mark.slow
def test_sensitivities_use_the_worst_year(study, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr("gridsim.run.sensitivity_rows", lambda s, **_: asked.append(s.weather) or [])
    findings = run_study(
        single(study, years=(2015, 2016)).with_changes(ac={"enabled": False}), sensitivities=True, folder=tmp_path
    )
    worst = findings.summary["worst_weather_year"]
    assert [(w.year, w.years) for w in asked] == [(worst, ())]
    base = findings.tables["sensitivity"].set_index("case").loc["base", "city_percent"]
    rates = findings.tables["weather_years"].set_index("weather_year")["curtailment_percent"]
    assert base == pytest.approx(rates["worst"])  # of system causes, the same without special ones
    assert rates["worst"] == rates[str(worst)]


@pytest.mark.slow
def test_years_of_files_are_read_from_their_folders(study, tmp_path):
    """Canonical files of the same years, rounded as they are stored: the same rates to a hundredth of a point."""
    folder = study.parent / "weather"
    for year in (2015, 2016):
        write_canonical(synthesise(read_climate(folder), year=year, seed=1), folder / str(year))
    rates = []
    for source in ("files", "synthetic"):
        asked = single(study, years=(2015, 2016), source=source).with_changes(ac={"enabled": False})
        findings = run_study(asked, processes=1)
        rates.append(findings.tables["weather_years"]["curtailment_percent"].to_numpy())
    assert rates[0] == pytest.approx(rates[1], abs=0.01)
