"""What the ledger's rows leave to be avoided: energies by row, and what a remedy of some size could take of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from gridsim.case import Case
from gridsim.curtailment import Ledger
from gridsim.curtailment.ledger import RUNGS
from gridsim.devices import RENEWABLES
from gridsim.measures.measure import Row
from gridsim.network import Network
from gridsim.units import energy_mwh, step_hours

PROVINCIAL, SECTION = RUNGS[:2]
#: sizes that a planner would write down: 1, 2 or 5 times a power of ten
NICE = (1.0, 2.0, 5.0)


@dataclass(frozen=True)
class Cut:
    """One row of the ledger: power cut in every step in both areas and in the city [MW], energy by plant [MWh]."""

    row: Row
    both_mw: np.ndarray
    city_mw: np.ndarray
    plant_mwh: pd.Series

    @property
    def median_mw(self) -> float:
        """Median of what is cut in the steps in which something is, both areas."""
        cut = self.both_mw[self.both_mw > 1e-3]
        return float(np.median(cut)) if len(cut) else 0.0

    @property
    def median_city_mw(self) -> float:
        """The same of the city."""
        cut = self.city_mw[self.city_mw > 1e-3]
        return float(np.median(cut)) if len(cut) else 0.0


def city_plants(network: Network) -> frozenset[str]:
    """Wind and solar plants that have a county."""
    return frozenset(str(n) for c in RENEWABLES for n in network[c].loc[network[c]["county"].notna(), "name"])


def cuts(case: Case, causes: Ledger) -> list[Cut]:
    """Rows of the ledger by cause, element and outage, the largest first."""
    index = case.dispatch.index
    step, city, rows = step_hours(index), city_plants(case.network), causes.rows
    at = index.get_indexer(pd.DatetimeIndex(rows["time"]))
    inside = rows["plant"].isin(city).to_numpy()
    mw = rows["curtailed_mw"].to_numpy(dtype=float)
    out = []
    groups = rows.groupby(["cause", "element", "outage"], sort=True, observed=True).indices
    for key, positions in groups.items():
        cause, element, outage = cast("tuple[str, str, str]", key)
        both, home = np.zeros(len(index)), np.zeros(len(index))
        here = np.asarray(positions)
        np.add.at(both, at[here], mw[here])
        np.add.at(home, at[here], mw[here] * inside[here])
        by_plant = rows.iloc[here].groupby("plant", observed=True)["curtailed_mw"].sum() * step
        energies = (float(energy_mwh(power.sum(), step)) for power in (home, both))
        row = Row(str(cause), str(element), str(outage), *energies)
        out.append(Cut(row, both, home, by_plant))
    return sorted(out, key=lambda cut: (-cut.row.both_mwh, cut.row.cause, cut.row.element, cut.row.outage))


def by_power_mwh(cut_mw: np.ndarray, power_mw: np.ndarray | float, step_h: float) -> float:
    """What a power that is there in every step could take of what is cut."""
    return float(energy_mwh(np.minimum(cut_mw, power_mw).sum(), step_h))


def by_store_mwh(cut_mw: np.ndarray, power_mw: float, room_mwh: float, step_h: float) -> float:
    """What a store filled once a day could take of what is cut: no more than its power, no more than its room."""
    taken = energy_mwh(np.minimum(cut_mw, power_mw), step_h)
    per_day = max(1, round(24.0 / step_h))
    days = np.add.reduceat(taken, np.arange(0, len(taken), per_day))
    return float(np.minimum(days, room_mwh).sum())


def nice_mw(power_mw: float) -> float:
    """The nearest of 1, 2, 5, 10, 20, 50 ... on a logarithmic scale; at least 1. [MW]"""
    if power_mw <= 1.0:
        return 1.0
    exponent = np.floor(np.log10(power_mw))
    sizes = np.array([s * 10.0 ** (exponent + e) for e in (0, 1) for s in NICE])
    return float(sizes[np.abs(np.log(sizes / power_mw)).argmin()])


def hours_of_surplus(cut_mw: np.ndarray, net_load_mw: np.ndarray, hour: np.ndarray, hours: int) -> tuple[int, int]:
    """First hours of the parts of the day with the most curtailment, and with the highest mean net load beside it.

    Parameters
    ----------
    cut_mw, net_load_mw : ndarray (time,)
    hour : ndarray (time,)
        Hour of the day of each step.
    hours : int
        Length of both parts; neither runs over midnight, they do not overlap.
    """
    cut, load = (np.bincount(hour, weights=x, minlength=24) for x in (cut_mw, net_load_mw))
    window = np.lib.stride_tricks.sliding_window_view
    into = int(window(cut, hours).sum(axis=1).argmax())
    mean_load = window(load, hours).sum(axis=1)
    starts = np.arange(len(mean_load))
    mean_load[np.abs(starts - into) < hours] = -np.inf
    return into, int(mean_load.argmax())
