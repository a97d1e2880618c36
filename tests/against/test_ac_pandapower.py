"""The AC engine against ``pandapower.runpp``: same models, same distributed slack, 1e-6 p.u. and 1e-4 % loading."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from grids import city, random_operation

from gridsim.ac import AcState, Positions, check_ac, season_of
from gridsim.electrical import SEASONS, branches, shunts
from gridsim.errors import InvalidInput
from gridsim.interop.pandapower import hour_to_pandapower, to_pandapower
from gridsim.interop.pandapower_in import from_pandapower, injections_from_pandapower
from gridsim.network import Network, read_network

YUEYANG = Path(__file__).parents[2] / "networks" / "yueyang"


def runpp(net) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandapower

        pandapower.runpp(net, distributed_slack=True, lightsim2grid=False, tolerance_mva=1e-8, max_iteration=30)


def hand_made(function, *args):
    """A net from pandapower's own library or create functions, without its deprecation warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args)


def by_unit(position: np.ndarray, network: Network) -> dict:
    """Tap positions by unit name from an array over branches."""
    model = branches(network)
    unit = (model.element_type == "trafo") | (model.side == "hv")
    return dict(zip(model.element[unit], position[unit].astype(int)))


def assert_hour_equals(state: AcState, hour: int, net, network: Network) -> None:
    assert np.nanmax(np.abs(net.res_bus.vm_pu.to_numpy() - state.vm_pu[hour])) < 1e-6
    on = net.line.in_service.to_numpy()
    loading = [net.res_line.loading_percent[on], net.res_trafo.loading_percent, net.res_trafo3w.loading_percent]
    assert np.abs(np.concatenate(loading) - state.loading_percent[hour]).max() < 1e-4
    p_from = [net.res_line.p_from_mw[on], net.res_trafo.p_hv_mw, net.res_trafo3w.p_hv_mw]
    assert np.abs(np.concatenate(p_from) - state.p_from_mw[hour]).max() < 1e-3
    counted = on & ~network["line"]["is_equivalent"].to_numpy(bool)
    losses = net.res_line.pl_mw[counted].sum() + net.res_trafo.pl_mw.sum() + net.res_trafo3w.pl_mw.sum()
    assert losses == pytest.approx(state.losses_mw[hour], abs=1e-4)


def compare_hours(network: Network, given: dict, hours: int) -> AcState:
    """Random tap positions and steps; each hour also by pandapower."""
    rng, model, banks = np.random.default_rng(11), branches(network), shunts(network)
    movable = model.tap_max > model.tap_min
    tap = np.where(movable, rng.integers(-2, 3, len(model)), 0)
    step = rng.integers(0, banks.max_step // 2 + 1) if len(banks.name) else np.zeros(0, dtype=int)
    positions = Positions(("random",), tap[None], step[None], np.zeros(hours, dtype=int))
    state = check_ac(network, **given, positions=positions)
    assert state.converged.all()
    names, season = network["bus"]["name"].to_numpy(), season_of(given["index"])
    for hour in range(hours):
        held = {b: np.broadcast_to(v, hours)[hour] for b, v in given["v_set"].items()}
        net = hour_to_pandapower(
            network,
            p_mw=pd.Series(given["p_mw"][hour], index=names),
            q_mvar=pd.Series(given["q_mvar"][hour], index=names),
            v_set={b: v for b, v in held.items() if np.isfinite(v)},
            slack_bus=given["slack_bus"],
            tap_pos=by_unit(tap, network),
            step=dict(zip(banks.name, step)),
        )
        net.line["max_i_ka"] = network["line"][SEASONS[season[hour]]].to_numpy(float)
        runpp(net)
        assert_hour_equals(state, hour, net, network)
    return state


def test_city_by_hand():
    """Lines, two- and three-winding transformers, banks, off-nominal taps, three slack buses, equivalents."""
    network = city()
    compare_hours(network, random_operation(network, 8, seed=5), 8)


@pytest.mark.against
@pytest.mark.parametrize("scenario", ["2025", "2030"])
def test_yueyang_on_50_random_hours(scenario):
    network = read_network(YUEYANG, scenario)
    hours = 50 if scenario == "2030" else 10
    state = compare_hours(network, random_operation(network, hours, seed=int(scenario)), hours)
    assert len(np.unique(~np.isnan(state.q_holder_mvar), axis=0)) > 3, "plants must go on and off"


@pytest.mark.parametrize("name", ["case14", "case118", "case300"])
def test_published_cases(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandapower.networks as library

        net = getattr(library, name)()
    net.gen["slack_weight"] = np.arange(len(net.gen)) % 3.0  # distributed over two thirds of the plants
    compare_published(net)


def compare_published(net) -> None:
    network = from_pandapower(net)
    p, q, v_set, slack = injections_from_pandapower(net)
    model, banks = branches(network), shunts(network)
    index = pd.date_range("2030-01-01", periods=3, freq="h", tz="Asia/Shanghai")
    positions = Positions(("as given",), model.tap_pos[None], banks.max_step[None], np.zeros(3, dtype=int))
    scale = np.array([1.0, 0.9, 0.8])[:, None]
    state = check_ac(
        network,
        index=index,
        p_mw=scale * p.to_numpy(),
        q_mvar=scale * q.to_numpy(),
        v_set=v_set,
        slack_bus=slack,
        positions=positions,
    )
    assert state.converged.all()
    for hour, k in enumerate(scale[:, 0]):
        for table in ("load", "sgen", "gen"):
            net[table]["scaling"] = k
        runpp(net)
        assert_hour_equals(state, hour, net, network)


def pandapower_net():
    """Everything the import translates: parallel units, low-side taps, shifts, open switches, 60 Hz, a 21 kV bank."""
    import pandapower as pp

    net = pp.create_empty_network(f_hz=60.0)
    a, b, c, d = (
        pp.create_bus(net, 110),
        pp.create_bus(net, 110),
        pp.create_bus(net, 20),
        pp.create_bus(net, 35, name="mv"),
    )
    pp.create_line_from_parameters(net, a, b, 12.0, 0.1, 0.4, 10.0, 0.5, g_us_per_km=2.0, parallel=2, df=0.9)
    gone = pp.create_line_from_parameters(net, a, b, 5.0, 0.1, 0.4, 10.0, 0.5)
    for end in (a, b):
        pp.create_switch(net, end, gone, et="l", closed=False)
    pp.create_transformer_from_parameters(
        net,
        b,
        c,
        25.0,
        110,
        20.5,
        0.4,
        12.0,
        20.0,
        0.1,
        shift_degree=150,
        tap_side="lv",
        tap_neutral=1,
        tap_min=-3,
        tap_max=5,
        tap_step_percent=1.5,
        tap_pos=3,
        parallel=2,
        tap_changer_type="Ratio",
    )
    pp.create_transformer3w_from_parameters(
        net,
        b,
        d,
        c,
        110,
        36.0,
        20.5,
        40.0,
        40.0,
        25.0,
        10.0,
        6.0,
        16.0,
        0.3,
        0.3,
        0.4,
        30.0,
        0.2,
        shift_mv_degree=0,
        shift_lv_degree=150,
        tap_side="hv",
        tap_neutral=0,
        tap_min=-8,
        tap_max=8,
        tap_step_percent=1.25,
        tap_pos=-2,
        tap_changer_type="Ratio",
    )
    pp.create_shunt(net, c, q_mvar=-3.0, p_mw=0.02, step=2, max_step=3, vn_kv=21.0)
    pp.create_load(net, c, 18.0, 6.0)
    pp.create_load(net, d, 11.0, 3.0)
    pp.create_sgen(net, d, 4.0, 0.5)
    pp.create_ext_grid(net, a, vm_pu=1.03)
    return net


def test_import_of_a_pandapower_net():
    net = hand_made(pandapower_net)
    network = from_pandapower(net)
    p, q, v_set, slack = injections_from_pandapower(net)
    state = check_ac(
        network,
        index=pd.date_range("2030-01-01", periods=1, freq="h"),
        p_mw=p.to_numpy()[None],
        q_mvar=q.to_numpy()[None],
        v_set=v_set,
        slack_bus=slack,
        positions=Positions(("",), branches(network).tap_pos[None], np.ones((1, 1), dtype=int), np.zeros(1, dtype=int)),
    )
    runpp(net)
    assert np.abs(net.res_bus.vm_pu.to_numpy() - state.vm_pu[0]).max() < 1e-6
    assert net.res_line.loading_percent[0] == pytest.approx(state.loading_percent[0, 0], abs=1e-4)
    assert net.res_trafo3w.loading_percent[0] == pytest.approx(state.loading_percent[0, -1], abs=1e-4)
    losses = net.res_line.pl_mw.sum() + net.res_trafo.pl_mw.sum() + net.res_trafo3w.pl_mw.sum()
    assert state.losses_mw[0] == pytest.approx(losses, abs=1e-4)


def test_what_a_network_cannot_carry_is_listed():
    net = hand_made(pandapower_net)

    def add():
        import pandapower as pp

        pp.create_impedance(net, 0, 1, 0.1, 0.1, 100.0)
        pp.create_ward(net, 0, 1.0, 1.0, 1.0, 1.0)
        pp.create_switch(net, 2, 3, et="b")

    hand_made(add)
    with pytest.raises(InvalidInput) as caught:
        from_pandapower(net)
    assert [problem.row for problem in caught.value.problems] == ["impedance", "ward", "switch"]


def test_export_and_import_again():
    network = city()
    again = from_pandapower(to_pandapower(network))
    one, two = branches(network), branches(again)
    assert list(one.element) == list(two.element)
    for field in ("r_pu", "x_pu", "b_from_pu", "g_to_pu", "ratio_pu", "tap_step_percent"):
        assert np.allclose(getattr(one, field), getattr(two, field), rtol=1e-12)


def test_export_carries_the_devices():
    network = read_network(YUEYANG, "2030")
    net = to_pandapower(network)
    assert net.load.p_mw.sum() == pytest.approx(network["load"].loc[network["load"]["bus"].notna(), "max_p_mw"].sum())
    assert len(net.ext_grid) == 1 and net.ext_grid.slack_weight.sum() + net.gen.slack_weight.sum() == pytest.approx(1)
    assert set(net.gen.name) >= {"平江抽水蓄能", "岳州电厂一期"}
    assert (~net.line.in_service).sum() == network["line"]["normally_open"].sum()
    assert (net.res_bus.empty, len(net.bus)) == (True, len(network["bus"]))


def test_pandapower_leaves_no_trace():
    filters, display = list(warnings.filters), pd.get_option("display.max_columns")
    to_pandapower(city())
    assert list(warnings.filters) == filters and pd.get_option("display.max_columns") == display
