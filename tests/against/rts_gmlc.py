"""A week of RTS-GMLC as a network folder and given series: an outside case stated in gridsim's tables.

Left out: the DC link 113-316, the solar thermal plant (its store is fed by the sun), synchronous condensers (no active
power), reserves, ramps and start-up.  A thermal unit costs its average heat rate at full output.  Photovoltaics and
hydro are rows of the table ``solar`` (what may be cut of a given series), roofs cannot be cut.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from gridsim.network import Network, read_network
from gridsim.profiles import Profiles, given_profiles

DATA = Path(__file__).parents[1] / "data" / "rts_gmlc"
BASE_MVA = 100.0
THERMAL = ("CT", "CC", "STEAM", "NUCLEAR")
CARRIER = {"Coal": "coal", "NG": "gas", "Oil": "gas", "Nuclear": "coal"}  # gridsim has no oil and no nuclear
#: full pond of the pumped storage 313_STORAGE_1 (storage.csv: 0.15 GWh, half full at the start) [MWh]
POND_MWH = 150.0


def source(name: str) -> pd.DataFrame:
    """One published table."""
    return pd.read_csv(DATA / f"{name}.csv", na_values=["NA"])


def week() -> pd.DataFrame:
    """Day-ahead series; the index is stated in gridsim's time zone, the clock is that of the data."""
    series = pd.read_csv(DATA / "week.csv", index_col="time", parse_dates=["time"])
    return series.tz_localize("Asia/Shanghai").asfreq("h").astype(float)


def marginal_cost(gen: pd.DataFrame) -> pd.Series:
    """Fuel price times average heat rate at full output, plus variable cost. [USD/MWh]"""
    share = gen[[f"Output_pct_{k}" for k in range(5)]].to_numpy(dtype=float)
    rate = gen[["HR_avg_0", *(f"HR_incr_{k}" for k in range(1, 5))]].to_numpy(dtype=float)
    heat = np.nansum(rate * np.diff(share, axis=1, prepend=0.0), axis=1) / np.nanmax(share, axis=1)
    return gen["Fuel Price $/MMBTU"] * heat / 1000.0 + gen["VOM"]


def tables() -> dict[str, pd.DataFrame]:
    """Network tables of the case; names of buses and units are those of the data."""
    bus, branch, gen = source("bus"), source("branch"), source("gen")
    name, place = bus["Bus ID"].astype(str), gen["Bus ID"].astype(str)
    vn = bus.set_index("Bus ID")["BaseKV"]
    turns = branch["Tr Ratio"] > 0
    line, trafo = branch[~turns], branch[turns]
    kv, tap = line["From Bus"].map(vn), trafo["Tr Ratio"]
    ohm, ka = kv**2 / BASE_MVA, line["Cont Rating"] / (np.sqrt(3.0) * kv)
    percent = 100.0 * trafo["Cont Rating"] / BASE_MVA
    thermal, sun = gen["Unit Type"].isin(THERMAL), gen["Unit Type"].isin(("PV", "RTPV", "HYDRO", "ROR"))
    wind, store = gen["Unit Type"] == "WIND", gen["Unit Type"] == "STORAGE"
    loads = bus[bus["MW Load"] > 0]
    unit = pd.DataFrame({"name": gen["GEN UID"], "bus": place, "max_p_mw": gen["PMax MW"]})
    station = {"name": name, "lat_deg": bus["lat"], "lon_deg": bus["lng"], "vn_kv": bus["BaseKV"], "kind": "substation"}
    return {
        "county": pd.DataFrame({"name": ["RTS"], "lat_deg": [34.0], "lon_deg": [-115.0]}),
        "area": pd.DataFrame({"name": ["RTS"], "kind": ["detailed"]}),
        "station": pd.DataFrame(station),
        "bus": pd.DataFrame({"name": name, "station": name, "vn_kv": bus["BaseKV"]}),
        "line": pd.DataFrame({
            "name": line["UID"], "from_bus": line["From Bus"].astype(str), "to_bus": line["To Bus"].astype(str),
            "length_km": 1.0, "r_ohm_per_km": line["R"] * ohm, "x_ohm_per_km": line["X"] * ohm, "c_nf_per_km": 0.0,
            "max_i_ka": ka, "max_i_spring_ka": ka, "max_i_winter_ka": ka,
        }),
        "trafo": pd.DataFrame({
            "name": trafo["UID"], "station": trafo["From Bus"].astype(str), "hv_bus": trafo["From Bus"].astype(str),
            "lv_bus": trafo["To Bus"].astype(str), "sn_mva": trafo["Cont Rating"],
            "vn_hv_kv": trafo["From Bus"].map(vn) * tap, "vn_lv_kv": trafo["To Bus"].map(vn),
            "vk_percent": np.hypot(trafo["R"], trafo["X"]) * percent, "vkr_percent": trafo["R"] * percent,
            "pfe_kw": 0.0, "i0_percent": 0.0, "tap_min": 0, "tap_max": 0, "tap_step_percent": 0.0,
        }),
        "demand": pd.DataFrame({"name": ["RTS"], "peak_mw": [loads["MW Load"].sum()], "energy_gwh": [1.0]}),
        "load": pd.DataFrame({
            "name": "load " + loads["Bus ID"].astype(str), "bus": loads["Bus ID"].astype(str), "demand": "RTS",
            "max_p_mw": loads["MW Load"],
        }),
        "thermal": unit[thermal].assign(
            carrier=gen["Fuel"].map(CARRIER)[thermal], min_p_pu=gen["PMin MW"] / gen["PMax MW"],
            cost_cny_per_mwh=marginal_cost(gen[thermal]),
        ),
        "wind": unit[wind].assign(site="given", turbine="given", hub_height_m=100.0),
        "solar": unit[sun].assign(
            kind="utility", site="given", controllable_pu=np.where(gen["Unit Type"] == "RTPV", 0.0, 1.0)[sun]
        ),
        "battery": unit[store].assign(
            energy_mwh=POND_MWH, efficiency_discharge_percent=100.0,
            efficiency_charge_percent=gen["Storage Roundtrip Efficiency"],
        ),
    }  # fmt: skip


def demand_mw(series: pd.DataFrame) -> pd.DataFrame:
    """Load of each area, shared over its buses as in the table of buses."""
    bus = source("bus")
    bus = bus[bus["MW Load"] > 0]
    share = bus["MW Load"] / bus.groupby("Area")["MW Load"].transform("sum")
    parts = series[[f"area {a}" for a in bus["Area"]]].to_numpy() * share.to_numpy()
    return pd.DataFrame(parts, index=series.index, columns=["load " + str(b) for b in bus["Bus ID"]])


def rts_gmlc(folder: Path) -> tuple[Network, Profiles]:
    """The case, by way of a network folder."""
    (folder / "base").mkdir(parents=True)
    for name, frame in tables().items():
        frame.to_csv(folder / "base" / f"{name}.csv", index=False)
    network, series = read_network(folder), week()
    units = [*network["wind"]["name"], *network["solar"]["name"]]
    return network, given_profiles(network, demand_mw(series), available_mw=series[units])
