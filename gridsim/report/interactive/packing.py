"""Numbers and words on their way into a page: printed digits as small integers, JSON that no name can break out of."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np

from gridsim.report.catalogue import Texts
from gridsim.report.numbers import EXACT_ZERO, INFINITE, KINDS, NO_NUMBER, coded

#: codes without digits in 16 bits, in the order of those in 32 bits
_SHORT = {NO_NUMBER: -(2**15), EXACT_ZERO: -(2**15) + 1, INFINITE: 2**15 - 1}
#: sign of a hatch of matplotlib -> pattern of plotly, where it is another
PATTERNS = {"o": ".", "O": ".", "*": "x"}


def packed(values: Any, kind: str, texts: Texts) -> dict[str, Any]:
    """Numbers for the page: base64 of little-endian integers, 16 bits where they fit.

    Parameters
    ----------
    values : array-like of float
        In the unit of the tables; row by row if there are several.
    kind : str
        Key of :data:`gridsim.report.numbers.KINDS`: the page prints the digits of the report's tables.

    Returns
    -------
    dict
        ``data``, ``bits``, ``decimals`` and ``unit``.
    """
    codes = coded(values, kind).ravel()
    plain = ~np.isin(codes, list(_SHORT))
    bits = 16 if not plain.any() or np.abs(codes[plain]).max() < 2**15 - 2 else 32
    if bits == 16:
        codes = codes.copy()
        for long, short in _SHORT.items():
            codes[codes == long] = short
    content = codes.astype(f"<i{bits // 8}").tobytes()
    return {
        "data": base64.b64encode(content).decode("ascii"),
        "bits": bits,
        "decimals": KINDS[kind].decimals,
        "unit": texts(KINDS[kind].unit),
    }


def safe_json(value: Any) -> str:
    """JSON for a script element: no sign in it ends the element or starts another, whatever the names are."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def look(colour: str, hatch: str, label: str) -> dict[str, str]:
    """Colour, pattern and name of a quantity, as its static figure has them."""
    return {"colour": colour, "pattern": PATTERNS.get(hatch[:1], hatch[:1]), "label": label}
