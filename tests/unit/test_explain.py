"""An hour explained from the results folder alone: the parts add up, and nothing else is needed than the folder."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import toy
from typer.testing import CliRunner

from gridsim.balance import balance_by_area, hourly_balance
from gridsim.cli import app
from gridsim.curtailment import ledger
from gridsim.curtailment.marginal import marginal_values
from gridsim.dispatch import solve_dispatch
from gridsim.errors import InvalidInput
from gridsim.evidence import hourly_evidence, marginal_tables
from gridsim.explain import NEEDED, HourExplained, explain_hour
from gridsim.options import CommitmentOptions, DispatchOptions
from gridsim.report.catalogue import read_texts
from gridsim.report.explained import explained_blocks
from gridsim.store import Findings, read_findings


@pytest.fixture(scope="module")
def findings(tiny_run) -> Findings:
    return read_findings(tiny_run.out)


def hours(findings: Findings, *causes: str) -> pd.DatetimeIndex:
    """Hours in which all these causes take part."""
    rows = findings.hourly["curtailment"]
    sets = [set(rows.loc[rows["cause"] == c, "time"]) for c in causes]
    return pd.DatetimeIndex(sorted(set.intersection(*sets)))


@pytest.fixture(scope="module")
def sample(findings) -> list[HourExplained]:
    """Hours of every kind: two causes at once, each cause alone, none, midnight and the ends of the year."""
    index = findings.hourly["room"].index
    found = [*hours(findings, "provincial", "branch")[::40], *hours(findings, "section")[::60]]
    found += [*hours(findings, "provincial")[::90], *index[::977], index[0], index[-1]]
    return [explain_hour(findings, t) for t in dict.fromkeys(found)]


def test_the_balance_of_both_areas_closes(sample):
    """Given + exchange = drawn, in each area; what one sends the other receives."""
    drawn = {"load", "pumped_storage_pumping", "battery_charging", "must_run_cut"}
    silent = {"curtailed_wind", "curtailed_solar"}
    for hour in sample:
        for _, rows in hour.balance.groupby("area"):
            sign = np.where(rows["item"].isin(drawn), -1.0, np.where(rows["item"].isin(silent), 0.0, 1.0))
            assert float(sign @ rows["p_mw"]) == pytest.approx(0.0, abs=1e-4)
        assert hour.mw("exchange") == pytest.approx(0.0, abs=1e-4)


def test_causes_plants_counties_and_balance_say_the_same(sample, findings):
    cut_hours = 0
    for hour in sample:
        total, city = hour.curtailed_mw(), hour.curtailed_mw(hour.city)
        cut_hours += total > 1.0
        assert hour.causes["both_mw"].sum() == pytest.approx(total, abs=1e-4)
        assert hour.causes["city_mw"].sum() == pytest.approx(city, abs=1e-4)
        assert hour.plants["curtailed_mw"].sum() == pytest.approx(total, abs=1e-4)
        assert hour.plants["available_mw"].sum() == pytest.approx(hour.available_mw(), abs=1e-3)
        outside = hour.counties["county"] == hour.rest
        assert hour.counties.loc[~outside, "curtailed_mw"].sum() == pytest.approx(city, abs=1e-4)
        assert hour.parts.groupby("plant")["curtailed_mw"].sum().sum() == pytest.approx(total, abs=1e-4)
        rows = findings.hourly["curtailment"]
        assert rows.loc[rows["time"] == hour.time, "curtailed_mw"].sum() == pytest.approx(total, abs=1e-4)
    assert cut_hours >= 10


def test_the_sum_of_all_hours_is_the_table_of_the_year(findings):
    """One more MW of wind, hour by hour, adds up to marginal_county; limits likewise to marginal_limit."""
    hourly, table = findings.hourly["marginal"], findings.tables["marginal_county"]
    sums = hourly.groupby(["change", "place"], observed=True)[["city_mw", "both_mw"]].sum()
    for row in table.itertuples():
        told = sums.loc[(row.carrier, row.county)]
        assert (told["city_mw"], told["both_mw"]) == pytest.approx((row.city_mwh_per_mw, row.both_mwh_per_mw), rel=1e-4)
    limit = findings.hourly["limit"].astype({"element": str}).groupby("element")
    year = findings.tables["marginal_limit"].groupby("element")
    for column, total in (("dual_cny_per_mwh", "saved_cny_per_mw"), ("both_mw", "both_mwh_per_mw")):
        assert limit[column].sum().to_dict() == pytest.approx(year[total].sum().to_dict(), rel=1e-4)
    assert {"外送断面", "东风-东站I回"} <= set(findings.tables["marginal_limit"]["element"])


def test_an_hour_of_surplus_with_a_full_line(findings):
    """Provincial surplus and the wind farm's own line: a wider line moves curtailment to the province, a MW of load
    takes a MW off, a MW of wind behind the line is cut whole."""
    hour = explain_hour(findings, hours(findings, "provincial", "branch")[5])
    limit = hour.limits.iloc[0]
    assert (limit["element"], limit["cause"], limit["direction"]) == ("东风-东站I回", "branch", "forward")
    assert limit["flow_mw"] == pytest.approx(limit["limit_mw"], abs=1e-3)
    assert (limit["city_mw"], limit["both_mw"]) == pytest.approx((-1.0, 0.0), abs=1e-4)
    changed = hour.marginal.set_index(["change", "place"])["both_mw"]
    assert changed["demand", "小城"] == changed["demand", "外省"] == pytest.approx(-1.0, abs=1e-4)
    wind = hour.marginal[hour.marginal["change"] == "wind"].iloc[0]
    assert wind["place"] == "东县"
    assert wind["city_mw"] == pytest.approx(wind["extra_mw"], rel=1e-4)
    # the province has nothing left that could give way
    assert hour.headroom.set_index("item")["p_mw"][["thermal_above_min", "imports_reducible"]].max() < 1e-3
    relief = hour.relief.set_index("unit").loc["东风风电场"]
    assert relief["doing"] == "curtailed"
    assert relief["relief_pu"] == pytest.approx(1.0, abs=1e-6)
    assert relief["relief_mw"] == pytest.approx(hour.plants.set_index("plant")["curtailed_mw"]["东风风电场"], rel=1e-6)


def test_an_hour_without_curtailment_says_how_far_it_is(findings):
    room, cut = findings.hourly["room"], findings.hourly["curtailment"]
    surplus = set(cut["time"])
    time = next(t for t in room.index[12::24] if t not in surplus)
    hour = explain_hour(findings, str(time)[:16])
    assert hour.causes.empty
    assert hour.curtailed_mw() == 0.0
    thermal = hour.room.pivot_table(index="area", columns="item", values="p_mw")
    above = (thermal["thermal"] - thermal["thermal_min"]).sum()
    assert hour.headroom.set_index("item")["p_mw"]["thermal_above_min"] == pytest.approx(max(above, 0.0), abs=1e-4)
    assert len(hour.nearest) >= 2


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("2031-04-12 12:00", "from 2030-01-01 00:00 to 2030-12-31 23:00"),
        ("2030-04-12 12:20", "ask for 2030-04-12 12:00"),
        ("noon", "is not a time"),
        ("", "is not a time"),
    ],
)
def test_a_time_that_is_no_step_is_told_with_what_there_is(findings, asked, says):
    with pytest.raises(InvalidInput) as bad:
        explain_hour(findings, asked)
    assert says in str(bad.value)


def test_another_time_zone_is_the_same_hour(findings):
    here = explain_hour(findings, "2030-04-12 12:00")
    assert explain_hour(findings, "2030-04-12T04:00+00:00").time == here.time


def test_results_without_the_hourly_files_are_refused_with_all_that_lacks(findings):
    old = replace(findings, hourly={k: v for k, v in findings.hourly.items() if k not in ("limit", "room")})
    with pytest.raises(InvalidInput) as bad:
        explain_hour(old, "2030-04-12 12:00")
    assert len(bad.value.problems) == 2
    assert set(NEEDED) <= set(findings.hourly)


def test_a_run_of_several_weather_years_asks_which(findings):
    """The same hourly files under the name of a year; the year's own tables count."""
    hourly = {f"{y}/{n}": findings.hourly[n] for y in ("2014", "2015") for n in NEEDED}
    own = findings.tables["limit_relief"]
    several = replace(findings, hourly=hourly, tables={**findings.tables, "by_weather_year/2015/limit_relief": own[:0]})
    for year in (None, "1999"):
        with pytest.raises(InvalidInput, match="2014, 2015"):
            explain_hour(several, "2030-04-12 12:00", weather_year=year)
    time = hours(findings, "provincial", "branch")[5]
    one, alone = explain_hour(several, time, weather_year="2015"), explain_hour(findings, time)
    pd.testing.assert_frame_equal(one.marginal, alone.marginal)
    assert one.relief.empty
    assert len(alone.relief)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_on_the_command_line_in_both_languages_with_a_figure(tiny_run, findings, lang):
    time = hours(findings, "provincial", "branch")[5]
    shown = CliRunner().invoke(app, ["explain", str(tiny_run.out), "--hour", f"{time:%Y-%m-%d %H:%M}", "--lang", lang])
    assert shown.exit_code == 0, shown.output
    hour = explain_hour(findings, time)
    assert f"{hour.curtailed_mw(hour.city):.1f}" in shown.output
    assert "东风-东站I回" in shown.output
    for word in (read_texts(lang)("explain.marginal"), read_texts(lang)("explain.limits")):
        assert word in shown.output
    for kind, start in (("png", b"\x89PNG"), ("svg", b"<?xml")):
        path = tiny_run.out / "figures" / f"explain_{time:%Y-%m-%d_%H%M}.{kind}"
        assert path.read_bytes().startswith(start)
        path.unlink()


def test_bad_hour_on_the_command_line(tiny_run):
    shown = CliRunner().invoke(app, ["explain", str(tiny_run.out), "--hour", "2029-01-01 00:00"])
    assert shown.exit_code == 2
    shown = CliRunner().invoke(app, ["explain", str(tiny_run.study.parent / "network"), "--hour", "2030-01-01 00:00"])
    assert shown.exit_code == 2


def test_what_is_printed_are_the_numbers_of_the_tables(sample, findings):
    """Every block of every sampled hour is made in both languages with the same numbers."""
    for hour in sample[::4]:
        zh, en = (explained_blocks(hour, findings, read_texts(lang)) for lang in ("zh", "en"))
        assert len(zh) == len(en)
        for a, b in zip(zh, en):
            rows = [[c.text for c in row if c.is_number] for row in getattr(a, "rows", ())]
            assert rows == [[c.text for c in row if c.is_number] for row in getattr(b, "rows", ())]
        assert not re.search(r"\bnan\b", str(zh) + str(en))


# -- steps of a quarter of an hour ----------------------------------------------------------------------------


def test_a_step_of_a_quarter_of_an_hour():
    """100 MW of wind behind a 60 MW line, a load of 200 with coal: 40 MW cut by the line, in every quarter of the day.

    The line a MW wider: 1 MW less in the step, 24 MWh over the day; a MW more of wind is cut whole: 24 MWh, 100 %.
    """
    net = toy.network(
        demand=[{"name": "d", "peak_mw": 200.0, "energy_gwh": 1.0}],
        bus=[toy.bus("a"), toy.bus("b")],
        line=[toy.line("ab", "a", "b", 60.0)],
        wind=[
            {
                "name": "A",
                "bus": "a",
                "county": "county",
                "max_p_mw": 100.0,
                "site": "s",
                "turbine": "t",
                "hub_height_m": 100.0,
            }
        ],
        load=[{"name": "L", "bus": "b", "county": "county", "demand": "d", "max_p_mw": 200.0}],
        thermal=[
            {
                "name": "G",
                "bus": "b",
                "county": "county",
                "carrier": "coal",
                "max_p_mw": 300.0,
                "min_p_pu": 0.1,
                "cost_cny_per_mwh": 300.0,
                "must_run": True,
            }
        ],
    )
    profiles = toy.profiles(net, 96, freq="15min", available={"A": 100.0}, demand={"L": 200.0})
    options = DispatchOptions(
        outage_limits=False, rating_power_factor_pu=1.0, final_state="free",
        commitment=CommitmentOptions(rule="all"),
    )  # fmt: skip
    dispatch = solve_dispatch(net, profiles, options=options)
    no_weather = SimpleNamespace(sites=pd.DataFrame(columns=["name"]))
    marginal = marginal_values(net, no_weather, dispatch, options=options)
    findings = Findings(
        {"area": "city"},
        tables={
            **marginal_tables(dispatch, marginal),
            "curtailment_by_plant": pd.DataFrame({"plant": ["A"], "county": ["county"]}),
        },
        hourly={
            "balance": hourly_balance(balance_by_area(net, dispatch)),
            "curtailment": ledger(dispatch).rows,
            "flow": dispatch.branch_mw,
            **hourly_evidence(net, dispatch, marginal),
        },
    )
    hour = explain_hour(findings, "2030-04-10 12:15")
    assert hour.step_h == 0.25
    assert hour.curtailed_mw() == pytest.approx(40.0, abs=1e-4)
    limit = hour.limits.iloc[0]
    assert (limit["flow_mw"], limit["limit_mw"]) == pytest.approx((60.0, 60.0), abs=1e-3)
    assert limit["both_mw"] == pytest.approx(-1.0, abs=1e-5)
    assert limit["dual_cny_per_mwh"] == pytest.approx(500.0, abs=1e-3)
    assert hour.headroom.set_index("item")["p_mw"]["thermal_above_min"] == pytest.approx(110.0, abs=1e-3)
    assert hour.relief[["unit", "relief_pu", "relief_mw"]].iloc[0].tolist() == ["A", 1.0, pytest.approx(40.0, abs=1e-4)]
    assert findings.tables["marginal_limit"]["both_mwh_per_mw"].to_numpy() == pytest.approx(-24.0, abs=1e-3)
    assert findings.tables["marginal_limit"]["saved_cny_per_mw"].to_numpy() == pytest.approx(12000.0, rel=1e-5)
    county = findings.tables["marginal_county"].iloc[0]
    assert (county["available_mwh_per_mw"], county["city_mwh_per_mw"]) == pytest.approx((24.0, 24.0), abs=1e-3)
    with pytest.raises(InvalidInput, match="steps of 15 min from 2030-04-10 00:00 to 2030-04-10 23:45"):
        explain_hour(findings, "2030-04-10 12:10")
