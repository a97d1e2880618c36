"""The one place where a number becomes text, for every report and figure, in both languages.

Conventions of Chinese planning reports: power in 万千瓦 (10 MW) and energy in 亿千瓦时 (100 GWh), small
energies in 万千瓦时 (10 MWh); rates with two decimals; no thousands separator; absent is ``—`` and zero is ``0``
(a small value that rounds to zero keeps its decimals: ``0.00``).  The digits are the same in every language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

ABSENT = "—"


@dataclass(frozen=True)
class Kind:
    """How one kind of quantity is printed: ``value * factor`` with ``decimals``; ``unit`` is a text key."""

    factor: float
    decimals: int
    unit: str


KINDS: dict[str, Kind] = {
    "power": Kind(0.1, 1, "unit.wan_kw"),  # from MW
    "power_mw": Kind(1.0, 1, "unit.mw"),  # from MW
    "power_mva": Kind(1.0, 1, "unit.mva"),  # from MVA
    "whole_mw": Kind(1.0, 0, "unit.mw"),  # from MW
    "power_fine": Kind(1.0, 2, "unit.mw"),  # from MW
    "energy": Kind(0.01, 2, "unit.yi_kwh"),  # from GWh
    "energy_small": Kind(100.0, 0, "unit.wan_kwh"),  # from GWh
    "energy_fine": Kind(100.0, 1, "unit.wan_kwh"),  # from GWh
    "rate": Kind(1.0, 2, "unit.percent"),
    "share": Kind(1.0, 1, "unit.percent"),
    "points": Kind(1.0, 2, "unit.points"),
    "loading": Kind(1.0, 1, "unit.percent"),
    "voltage": Kind(1.0, 4, "unit.pu"),
    "level": Kind(1.0, 0, "unit.kv"),
    "kilovolt": Kind(1.0, 2, "unit.kv"),
    "kilometre": Kind(1.0, 1, "unit.km"),
    "store": Kind(0.1, 1, "unit.wan_kwh"),  # from MWh
    "duration": Kind(1.0, 1, "unit.hour"),
    "hours": Kind(1.0, 0, "unit.hour"),
    "cycles": Kind(1.0, 1, "unit.none"),
    "seconds": Kind(1.0, 2, "unit.second"),
    "count": Kind(1.0, 0, "unit.none"),
    "month": Kind(1.0, 0, "unit.none"),
    "per_mw": Kind(1.0, 1, "unit.mwh_per_mw"),  # from MWh/MW
    "saved": Kind(1e-4, 2, "unit.wan_cny_per_mw"),  # from CNY/MW
    "value": Kind(1.0, 2, "unit.none"),
    "cny_per_mwh": Kind(1.0, 0, "unit.cny_per_mwh"),
    "yi_cny": Kind(1e-8, 2, "unit.yi_cny"),  # from CNY
    "wan_cny": Kind(1e-4, 0, "unit.wan_cny"),  # from CNY
}

#: unit in the name of a column of the tables -> decimals where the tables themselves are shown (the workbook)
NATIVE_DECIMALS: dict[str, int] = {
    "mw": 2, "mwh": 1, "gwh": 4, "mvar": 2, "mva": 1, "kv": 2, "ka": 3, "pu": 4, "percent": 3, "h": 1, "years": 1,
    "cny": 0, "cny_per_mw": 0, "cny_per_mwh": 1, "mwh_per_mw": 2, "deg": 4, "km": 2, "minutes": 0, "points": 3,
}  # fmt: skip


def number(value: Any, kind: str) -> str:
    """One number as text, without its unit.

    Parameters
    ----------
    value : float or None
        In the unit of the tables (MW, GWh, per cent, p.u., kV, h).
    kind : str
        Key of :data:`KINDS`.
    """
    if absent(value):
        return ABSENT
    shape = KINDS[kind]
    return _fixed(float(value) * shape.factor, shape.decimals)


def printed_value(value: Any, kind: str) -> float | None:
    """The number behind the text of :func:`number` with all its digits, in the printed unit; None if absent."""
    return None if absent(value) else float(value) * KINDS[kind].factor


def against(value: Any, limit: Any, kind: str = "rate") -> tuple[str, str]:
    """A value and the limit it is compared with, with as many decimals as tell the two apart.

    5.001 against 5 is ``("5.001", "5.00")``, not two times ``5.00``.
    """
    texts = number(value, kind), number(limit, kind)
    if absent(value) or absent(limit) or float(value) == float(limit) or texts[0] != texts[1]:
        return texts
    shape = KINDS[kind]
    for decimals in range(shape.decimals + 1, 9):
        finer = _fixed(float(value) * shape.factor, decimals)
        if float(finer) != round(float(limit) * shape.factor, decimals):
            return finer, texts[1]
    return texts


def scientific(value: Any) -> str:
    """A residual or tolerance: three digits and an exponent when it is small or large."""
    if absent(value):
        return ABSENT
    if float(value) == 0:
        return "0"
    return f"{float(value):.3g}"


def absent(value: Any) -> bool:
    """Whether there is no number (absent is not zero)."""
    return (
        value is None
        or value is pd.NaT
        or value is pd.NA
        or value == ""
        or (isinstance(value, float) and bool(np.isnan(value)))
    )


def _fixed(value: float, decimals: int) -> str:
    if value == 0:
        return "0"
    if not np.isfinite(value):
        return "∞" if value > 0 else "-∞"
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text


#: codes of what has no digits, in :func:`coded`
NO_NUMBER, EXACT_ZERO, INFINITE = -(2**31), -(2**31) + 1, 2**31 - 1


def coded(values: Any, kind: str) -> np.ndarray:
    """Numbers as integers that hold the digits which :func:`number` prints (``12.30`` is 1230), for pages that compute.

    Parameters
    ----------
    values : array-like of float
        In the unit of the tables, any shape.
    kind : str
        Key of :data:`KINDS`; ``coded / 10**decimals`` is in its unit.

    Returns
    -------
    ndarray of int32
        Same shape; absent, exactly zero and infinite have codes of their own (:data:`NO_NUMBER`,
        :data:`EXACT_ZERO`, :data:`INFINITE`), because they are printed as ``—``, ``0`` and ``∞``.
    """
    shape = KINDS[kind]
    given = np.asarray(values, dtype=float) * shape.factor
    flat = np.full(given.size, NO_NUMBER, dtype=np.int64)
    numbers = given.ravel()
    finite = np.isfinite(numbers)
    # Text first: it alone rounds as the printed numbers do.
    flat[finite] = [int(f"{v:.{shape.decimals}f}".replace(".", "")) for v in numbers[finite].tolist()]
    flat[numbers == 0] = EXACT_ZERO
    flat[np.isposinf(numbers)] = INFINITE
    if finite.any() and np.abs(numbers[finite]).max() * 10.0**shape.decimals > INFINITE - 2:
        raise ValueError(f"numbers of kind {kind} do not fit into 32 bits")
    return flat.reshape(given.shape).astype(np.int32)
