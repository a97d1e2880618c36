"""Running maxima over outages and hours: what is kept of an AC N-1 check while its blocks are dropped."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gridsim.network import Network

#: a voltage this close to its band counts as inside. [p.u.]
VM_SLACK_PU = 1e-4
#: bands after an outage by nominal voltage from, up to: 220 kV -5..+10 %, 110 and 35 kV +-10 % (accident bands of
#: planning practice after DL/T 1773), 20 kV and below -7..+7 % (GB/T 12325); above, the band of the tables holds.
BANDS_AFTER = ((150.0, 300.0, 0.95, 1.10), (20.5, 150.0, 0.90, 1.10), (0.0, 20.5, 0.93, 1.07))


@dataclass(frozen=True)
class Bands:
    """Buses with a voltage band: ``bus`` names, ``node`` numbers, ``low_pu``, ``high_pu`` after an outage."""

    bus: np.ndarray
    node: np.ndarray
    low_pu: np.ndarray
    high_pu: np.ndarray


def outage_bands(network: Network) -> Bands:
    """The buses that have a band, and the band that counts after an outage (:data:`BANDS_AFTER`)."""
    frame = network["bus"]
    node = np.flatnonzero(frame[["min_vm_pu", "max_vm_pu"]].notna().any(axis=1).to_numpy())
    frame = frame.iloc[node]
    low, high = (frame[c].to_numpy(dtype=float).copy() for c in ("min_vm_pu", "max_vm_pu"))
    vn_kv = frame["vn_kv"].to_numpy(dtype=float)
    for above, up_to, lowest, highest in BANDS_AFTER:
        mine = (vn_kv > above) & (vn_kv <= up_to)
        low[mine], high[mine] = np.fmin(low[mine], lowest), np.fmax(high[mine], highest)
    return Bands(frame["name"].to_numpy(dtype=object), node, np.nan_to_num(low), np.where(np.isnan(high), np.inf, high))


@dataclass(frozen=True)
class Extreme:
    """Extreme values and where they occurred: ``outage`` and ``hour`` positions, -1 where nothing was seen."""

    value: np.ndarray
    outage: np.ndarray
    hour: np.ndarray

    def update(self, value: np.ndarray, outage: np.ndarray, hour: np.ndarray) -> None:
        """Take over what is larger, in place."""
        more = value > self.value
        for mine, theirs in ((self.value, value), (self.outage, outage), (self.hour, hour)):
            mine[more] = theirs[more]


@dataclass(frozen=True)
class Tally:
    """Arrays filled in place.

    Attributes
    ----------
    loading : Extreme, (element,)
        Largest squared loading after an outage; 1 at the short-time rating.
    low, high : Extreme, (bus,)
        Lowest squared voltage (its negative) and highest. [p.u.]
    over : bool, (element, time)
        Whether any outage overloads the element in the hour.
    outside : bool, (bus, time)
        Whether any outage puts the bus outside its band in the hour.
    """

    loading: Extreme
    low: Extreme
    high: Extreme
    over: np.ndarray
    outside: np.ndarray

    def add(
        self, square: np.ndarray, v_pu: np.ndarray, good: np.ndarray, off: np.ndarray, unfed: np.ndarray,
        numbers: np.ndarray, hours: slice, bands: Bands,
    ) -> None:
        """Add a block: ``square`` (element, outage, hour), ``v_pu`` (bus, outage, hour) complex, ``good`` which
        columns count, ``off`` (element, outage) and ``unfed`` (bus, outage) what does not, ``numbers`` of the outages.
        """
        bad = ~good
        square[off] = -1.0
        square[:, bad] = -1.0
        self.over[:, hours] |= (square > 1.0).any(axis=1)
        _most(self.loading, square, numbers, hours.start)
        v2 = v_pu.real**2 + v_pu.imag**2
        low2, high2 = (bands.low_pu - VM_SLACK_PU) ** 2, (bands.high_pu + VM_SLACK_PU) ** 2
        seen = ~unfed[:, :, None] & good
        out = seen & ((v2 < low2[:, None, None]) | (v2 > high2[:, None, None]))
        self.outside[:, hours] |= out.any(axis=1)
        _most(self.low, np.where(seen, -v2, -np.inf), numbers, hours.start)
        _most(self.high, np.where(seen, v2, -np.inf), numbers, hours.start)

    def renumbered(self, first: int) -> Tally:
        """The same with outages counted from ``first`` on."""

        def later(extreme: Extreme) -> Extreme:
            return replace(extreme, outage=np.where(extreme.outage >= 0, extreme.outage + first, -1))

        return replace(self, loading=later(self.loading), low=later(self.low), high=later(self.high))

    def merge(self, other: Tally, steps: np.ndarray) -> None:
        """Add the tally of some hours, ``steps`` their positions."""
        for mine, theirs in ((self.loading, other.loading), (self.low, other.low), (self.high, other.high)):
            hour = steps[theirs.hour] if len(steps) else theirs.hour
            mine.update(theirs.value, theirs.outage, hour)
        self.over[:, steps] |= other.over
        self.outside[:, steps] |= other.outside


def _most(extreme: Extreme, values: np.ndarray, numbers: np.ndarray, first_hour: int) -> None:
    """Update with a block (row, outage, hour)."""
    if not values.size:
        return
    flat = values.reshape(len(values), -1)
    at = flat.argmax(axis=1)
    outage, hour = np.divmod(at, values.shape[2])
    extreme.update(flat[np.arange(len(flat)), at], numbers[outage], first_hour + hour)


def empty_tally(n_hours: int, n_element: int, n_bus: int) -> Tally:
    """Nothing seen."""

    def extreme(n: int, value: float) -> Extreme:
        return Extreme(np.full(n, value), np.full(n, -1), np.full(n, -1))

    return Tally(
        extreme(n_element, -0.5), extreme(n_bus, -np.inf), extreme(n_bus, -np.inf),
        np.zeros((n_element, n_hours), dtype=bool), np.zeros((n_bus, n_hours), dtype=bool),
    )
