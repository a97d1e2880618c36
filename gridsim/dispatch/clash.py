"""What clashes when a window has no schedule: elastic solves over every kind of row, told in planners' words.

Nothing is relaxed here: :func:`smallest_raise` finds the network limits that only clash together, for the window to
raise and list; :func:`explain` finds the smallest sum of what would have to give way anywhere, for the message of
:class:`gridsim.errors.NoOptimum`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from gridsim.dispatch.dc import Limits
from gridsim.dispatch.skeleton import RowLabels
from gridsim.dispatch.system import System
from gridsim.lp import INF, Optimum, solve_once

#: what gives way by less than this is rounding [MW, MWh]
SMALLEST = 1e-6
#: a network limit gives way before a store or an energy, those before the balance, if the sums are equal
RANK = {"network": 1.0, "final": 1.001, "store": 1.002, "budget": 1.002, "balance": 1.003}
#: most lines of a message
MOST_LINES = 6

WAY_OUT = {
    "short": 'allow shedding ([dispatch] shedding = "allowed"), commit more plant ([commitment] reserve_percent), '
    "or add plant, storage or imports",
    "surplus": 'allow cutting must-run output ([dispatch] must_run_cut = "allowed"), lower min_p_pu of the units that '
    "are on, or raise controllable_pu of wind and sun and flexibility_pu of the imports",
    "network": "raise the limit, or let the plant behind it give way",
    "final": 'let the year end freely ([dispatch] final_state = "free"), start with less stored energy '
    "([dispatch] initial_energy_pu), or give the store more charging power",
    "store": "check the energy bounds of the store and the energy handed over to the window",
    "budget": "lower the forced output or raise the energy of the day",
    "ramp": "raise ramp_up_percent_per_h or ramp_down_percent_per_h of the plant, or allow shedding and must-run cut",
    "reserve": "lower what the section [reserve] of the study asks for, or commit more plant",
    "other": "relax the option that asks for it",
}


@dataclass(frozen=True)
class WindowRows:
    """A window as one linear program: fixed rows (labelled) first, then network rows; bounds of rows and variables.

    ``step``, ``limit`` (network row,): step of the window and number of the limit; ``final`` are the variables of the
    stored energies that the end of the year fixes.
    """

    matrix: sp.csr_array
    row_lower: np.ndarray
    row_upper: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    labels: RowLabels
    step: np.ndarray
    limit: np.ndarray
    final: np.ndarray

    @property
    def fixed(self) -> int:
        """Number of fixed rows."""
        return self.matrix.shape[0] - len(self.limit)


def smallest_raise(rows: WindowRows, soft: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Network limits raised by the smallest sum of MW so that a schedule exists.

    Parameters
    ----------
    rows : WindowRows
    soft : ndarray of bool (network row,)
        Limits that may be raised.

    Returns
    -------
    (below, above) : ndarray (network row,), MW, or None
        How far each limit moves out; None if that cannot help or is not needed.
    """
    given = np.r_[np.zeros(rows.fixed), np.where(soft, 1.0, np.inf)]
    found = _elastic(rows, given)
    if found is None or found[0].objective <= 1e-7:
        return None
    return found[1][rows.fixed :], found[2][rows.fixed :]


def least_use(rows: WindowRows, price: np.ndarray) -> np.ndarray | None:
    """Values of all variables of the schedule that uses least of the priced ones; None if there is no schedule.

    Parameters
    ----------
    rows : WindowRows
        With the priced variables free to move.
    price : ndarray (variable,)
    """
    matrix = sp.csc_array(rows.matrix)
    best, _ = solve_once(price, rows.lower, rows.upper, matrix, rows.row_lower, rows.row_upper)
    return None if best is None else best.x


def _elastic(rows: WindowRows, price: np.ndarray) -> tuple[Optimum, np.ndarray, np.ndarray] | None:
    """Solve with every priced row elastic: the optimum, and how far each row moved below and above its bounds.

    A row with price 0 or infinity stays hard.
    """
    which = np.flatnonzero((price > 0.0) & np.isfinite(price))
    n, count = rows.matrix.shape[1], len(which)
    unit = sp.csr_array((np.ones(count), (which, np.arange(count))), shape=(rows.matrix.shape[0], count))
    best, _ = solve_once(
        np.r_[np.zeros(n), price[which], price[which]],
        np.r_[rows.lower, np.zeros(2 * count)],
        np.r_[rows.upper, np.full(2 * count, INF)],
        sp.csc_array(sp.hstack([rows.matrix, unit, -unit])),
        rows.row_lower,
        rows.row_upper,
    )
    if best is None:
        return None
    below, above = np.zeros(len(price)), np.zeros(len(price))
    below[which], above[which] = best.x[n : n + count], best.x[n + count :]
    return best, below, above


# -- the message ----------------------------------------------------------------------------------------


def explain(system: System, limits: Limits, rows: WindowRows, steps: np.ndarray, verdict: str) -> str:
    """Why a window has no schedule: what clashes, where, when, by how much, and the way out.

    Parameters
    ----------
    system : System
    limits : Limits
        Names of the network rows.
    rows : WindowRows
    steps : ndarray of int
        Steps of the year in the window.
    verdict : str
        The solver's.

    Returns
    -------
    str
        The first line names the window; then one line for each clash, the largest first.
    """
    head = f"window from {_when(system, steps[0])} to {_when(system, steps[-1])}: the LP is {verdict}"
    crossed = np.flatnonzero(rows.lower > rows.upper + SMALLEST)
    if len(crossed):
        return "\n".join([head, *_crossed(system, rows, steps, crossed)])
    final = _with_final_rows(rows)
    price = np.array([RANK.get(k, RANK["store"]) for k in final.labels.kind])
    found = _elastic(final, np.r_[price, np.full(len(rows.limit), RANK["network"])])
    if found is None or found[0].objective <= SMALLEST:
        return f"{head}; no limit that clashes could be named (numerical trouble): try another window_h"
    lines = list(_lines(system, limits, final, steps, found[2] - found[1]))
    lines.sort(key=lambda pair: -pair[0])
    shown = [line for _, line in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        shown.append(f"... and {len(lines) - MOST_LINES} more")
    return "\n".join([f"{head}. The least that would have to give way:", *(f"  {line}" for line in shown)])


def _with_final_rows(rows: WindowRows) -> WindowRows:
    """The energies fixed at the end of the year as rows of their own, so that they can give way."""
    count = len(rows.final)
    pick = sp.csr_array((np.ones(count), (np.arange(count), rows.final)), shape=(count, rows.matrix.shape[1]))
    at = rows.fixed
    matrix = sp.csr_array(sp.vstack([rows.matrix[:at], pick, rows.matrix[at:]]))
    lower, upper = rows.lower.copy(), rows.upper.copy()
    lower[rows.final], upper[rows.final] = 0.0, INF
    labels = RowLabels(
        kind=np.r_[rows.labels.kind, np.full(count, "final", dtype=object)],
        step=np.r_[rows.labels.step, np.zeros(count, dtype=int)],
        item=np.r_[rows.labels.item, np.arange(count)],
    )

    def put(values: np.ndarray, added: np.ndarray) -> np.ndarray:
        return np.r_[values[:at], added, values[at:]]

    return WindowRows(
        matrix=matrix,
        row_lower=put(rows.row_lower, rows.lower[rows.final]),
        row_upper=put(rows.row_upper, rows.upper[rows.final]),
        lower=lower,
        upper=upper,
        labels=labels,
        step=rows.step,
        limit=rows.limit,
        final=rows.final[:0],
    )


def _lines(
    system: System, limits: Limits, rows: WindowRows, steps: np.ndarray, moved: np.ndarray
) -> Iterator[tuple[float, str]]:
    """(sum moved, sentence) for every kind of clash and every thing that clashes; ``moved`` > 0 above the bound."""
    kind = np.r_[rows.labels.kind, np.full(len(rows.limit), "network", dtype=object)]
    item = np.r_[rows.labels.item, rows.limit]
    step = np.r_[rows.labels.step, rows.step]
    sign = np.sign(moved)
    table = pd.DataFrame({"kind": kind, "item": item, "sign": sign, "step": step, "moved": np.abs(moved)})
    table = table[table["moved"] > SMALLEST]
    for name, number, side in sorted(set(zip(table["kind"], table["item"], table["sign"]))):
        part = table[(table["kind"] == name) & (table["item"] == number) & (table["sign"] == side)]
        worst = int(part["moved"].to_numpy().argmax())
        t, amount = int(part["step"].iloc[worst]), float(part["moved"].iloc[worst])
        more = f" (worst of {len(part)} steps)" if len(part) > 1 else ""
        when = f"{_when(system, steps[t])}{more}"
        told = _TOLD.get(name, _other)
        sentence = told(system, limits, rows, _Clash(name, number, side > 0, t, amount, when, steps))
        yield float(part["moved"].sum()), sentence


@dataclass(frozen=True)
class _Clash:
    """One thing that clashes: ``above`` its bound or below it, at which step of the window, by how much."""

    kind: str
    item: int
    above: bool
    step: int
    amount: float
    when: str
    steps: np.ndarray


def _balance(system: System, limits: Limits, rows: WindowRows, clash: _Clash) -> str:
    """Want or surplus of power, with what each area can do at that step."""
    at = slice(clash.step * rows_width(system), clash.step * rows_width(system) + len(system.columns))
    sign = system.columns.sign
    lower, upper = rows.lower[at], rows.upper[at]
    extreme = np.where((sign > 0) != clash.above, upper, lower)
    parts = _by_area(system, clash.steps[clash.step], sign * extreme)
    what, word = ("surplus", "too much") if clash.above else ("short", "short")
    edge = "at least" if clash.above else "at most"
    told = (f"{area}: {fixed}; {edge}, by power, {decided}" for area, fixed, decided in parts)
    return _sentence(f"{clash.when}: {clash.amount:.1f} MW {word}", *told, way=what)


def _sentence(what: str, *details: str, way: str) -> str:
    """A clash, what stands behind it, and the way out, a line each."""
    return "\n      ".join([what, *details, f"way out: {WAY_OUT[way]}"])


def rows_width(system: System) -> int:
    """Variables of one step: decision columns, then stored energies."""
    return len(system.columns) + len(system.stores)


def _by_area(system: System, step: int, injected_mw: np.ndarray) -> list[tuple[str, str, str]]:
    """(area, what is fixed, what the columns add) as words, from the injections of all columns at one step."""
    nodes, first = system.nodes.names, system.nodes.mixture.shape[0]
    names = [system.area or "the city", *(n for n in nodes[first:] if n != system.area)]

    def area(node: int) -> str:
        return names[0] if node < first else nodes[node]

    fixed: dict[tuple[str, str], float] = {}
    for part in system.fixed:
        for node, p_mw in zip(system.nodes.positions(part.nodes), part.p_mw[step]):
            key = (area(node), f"{part.device} {part.role}")
            fixed[key] = fixed.get(key, 0.0) + float(p_mw)
    decided: dict[tuple[str, str], float] = {}
    for node, role, p_mw in zip(system.columns.node, system.columns.role, injected_mw):
        key = (area(int(node)), str(role).replace(".", " ").replace("_", " "))
        decided[key] = decided.get(key, 0.0) + float(p_mw)
    out = []
    for name in names:
        said = [
            ", ".join(f"{role} {p:+.1f}" for (a, role), p in values.items() if a == name and abs(p) >= 0.05)
            for values in (fixed, decided)
        ]
        if any(said):
            out.append((name, said[0] or "nothing fixed", said[1] or "0 MW"))
    return out


def _network(system: System, limits: Limits, rows: WindowRows, clash: _Clash) -> str:
    bound = (limits.upper_mw if clash.above else limits.lower_mw)[clash.steps[clash.step], clash.item]
    name, side, kind = (str(v[clash.item]) for v in (limits.name, limits.side, limits.kind))
    outage = str(limits.outage[clash.item])
    label = f"{kind} {name}" + (f" ({side})" if side else "") + (f" after the outage of {outage}" if outage else "")
    where = "above" if clash.above else "below"
    said = f"{clash.amount:.1f} MW {where} its limit of {bound:.1f} MW"
    return _sentence(f"{clash.when}, {label}: {said}", way="network")


def _final(system: System, limits: Limits, rows: WindowRows, clash: _Clash) -> str:
    row = int(np.flatnonzero(rows.labels.kind == "final")[clash.item])
    name, target = _store_of(system, rows, row), rows.row_lower[row]
    less = "more" if clash.above else "less"
    at = f"store {name}, at the end of the year"
    said = f"{clash.amount:.1f} MWh {less} than the {target:.1f} MWh it has to end with"
    return _sentence(f"{at}: {said}", way="final")


def _store_of(system: System, rows: WindowRows, row: int) -> str:
    variable = int(rows.matrix.indices[rows.matrix.indptr[row]])
    return system.stores.names[variable % rows_width(system) - len(system.columns)]


def _store(system: System, limits: Limits, rows: WindowRows, clash: _Clash) -> str:
    word = "missing" if clash.above else "above what it can hold"
    name = system.stores.names[clash.item]
    return _sentence(f"{clash.when}, store {name}: {clash.amount:.1f} MWh {word}", way="store")


def _budget(system: System, limits: Limits, rows: WindowRows, clash: _Clash) -> str:
    number, units = system.columns.members[int(system.budgets.column[clash.item])]
    flow = system.flows[number]
    names = ", ".join(flow.names[u] for u in units)
    word = "more" if clash.above else "less"
    said = f"{flow.device} {names}: {flow.role} {clash.amount:.1f} MWh {word} than the energy of the day"
    return _sentence(f"{clash.when}, {said}", way="budget")


def _other(system: System, limits: Limits, rows: WindowRows, clash: _Clash) -> str:
    way = next((w for w in ("ramp", "reserve") if w in clash.kind), "other")
    return _sentence(f"{clash.when}, {clash.kind}: {clash.amount:.1f} MW beyond what may be", way=way)


_TOLD = {"balance": _balance, "network": _network, "final": _final, "store": _store, "budget": _budget}


def _crossed(system: System, rows: WindowRows, steps: np.ndarray, crossed: np.ndarray) -> Iterator[str]:
    """Columns and stores whose lower bound is above their upper bound, each at its first step."""
    width, columns = rows_width(system), system.columns
    first = {int(v) % width: int(v) for v in crossed[::-1] if v < width * len(steps)}
    for k, variable in sorted(first.items())[:MOST_LINES]:
        if k < len(columns):
            number, units = columns.members[k]
            name = f"{columns.role[k]} {', '.join(system.flows[number].names[u] for u in units)}"
        else:
            name = f"store {system.stores.names[k - len(columns)]}"
        when = _when(system, steps[variable // width])
        between = f"{rows.lower[variable]:.1f} is above its maximum {rows.upper[variable]:.1f}"
        yield f"  {when}, {name}: the minimum {between}; correct the figures of the unit"


def _when(system: System, step: int) -> str:
    """Time of a step as a planner writes it; its number without a calendar."""
    return f"{system.index[step]:%Y-%m-%d %H:%M}" if system.index is not None else f"step {step}"
