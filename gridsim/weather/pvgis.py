"""What the two tools of PVGIS share: address, form of an answer, which database it came from.

Hunan lies outside the reach of the SARAH satellite databases of PVGIS 5.2 and 5.3; the answers there come from ERA5,
whose irradiance is known to be high (the database is read back from the answer and said).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any


def address() -> str:
    """The service's address, as pvlib knows it."""
    from pvlib.iotools import pvgis

    return str(pvgis.URL)


def wrong_form(body: bytes, table: str, columns: Sequence[str]) -> str:
    """What is wrong with the form of a JSON answer whose rows stand under ``outputs`` / ``table``; empty if nothing."""
    try:
        content = json.loads(body)
    except ValueError:
        start = body[:60].decode("utf-8", "replace").strip()
        return f"the answer is not JSON but begins with {start!r}"
    try:
        rows = content["outputs"][table]
        missing = [c for c in columns if c not in rows[0] or c not in rows[-1]]
        float(content["inputs"]["location"]["elevation"])
        str(content["inputs"]["meteo_data"]["radiation_db"])
    except (KeyError, TypeError, IndexError, ValueError) as error:
        return f"the answer lacks {error}"
    return f"the answer lacks {', '.join(missing)}" if missing else ""


def database(body: bytes) -> str:
    """Databases an answer came from; PVGIS gives no version of its own."""
    data: dict[str, Any] = json.loads(body)["inputs"]["meteo_data"]
    meteo = data.get("meteo_db", "")
    return str(data["radiation_db"]) + (f", {meteo}" if meteo and meteo not in data["radiation_db"] else "")
