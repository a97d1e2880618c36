"""Simulated points on disk: one file each, named by everything that determines it, so that a search goes on."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gridsim.drivers import Drivers
from gridsim.growth import Addition
from gridsim.hosting.point import Point, PointTask, Setting
from gridsim.keys import code_hash, network_hash

FORMAT = "gridsim-point-3"
#: folder of the points inside a results folder
POINTS = "points"
_TABLES = ("energy", "causes", "violations", "margins", "marginal")


def setting_key(setting: Setting) -> str:
    """Hash of tables, weather, demand, options, source code and package versions."""
    digest = hashlib.sha256(f"{code_hash()} {network_hash(setting.network)} {_drivers_hash(setting.drivers)}".encode())
    digest.update(json.dumps(dataclasses.asdict(setting.options), sort_keys=True, default=str).encode())
    return digest.hexdigest()


def point_key(setting: str, task: PointTask) -> str:
    """Name of a point's file: hash of its setting's key, its additions and how far it goes.

    Options of the equipment level count for the base case only, which alone depends on them.
    """
    parts = [setting, task.detail, json.dumps([dataclasses.asdict(a) for a in task.additions], sort_keys=True)]
    parts += [] if task.additions else [repr(task.setting.equipment)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def keep_point(folder: Path, key: str, point: Point) -> None:
    """Write a point, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {name: _plain(getattr(point, name)) for name in _TABLES}
    content = {
        "format": FORMAT, "additions": [dataclasses.asdict(a) for a in point.additions], "detail": point.detail,
        "failed": point.failed, "equipment": {n: _plain(t) for n, t in point.equipment.items()}, **tables,
    }  # fmt: skip
    beginning = folder / f".{key}.{uuid.uuid4().hex[:8]}"
    try:
        beginning.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
        beginning.replace(folder / f"{key}.json")
    finally:
        beginning.unlink(missing_ok=True)


def kept_point(folder: Path, key: str) -> Point | None:
    """A point that was kept; None if there is none, or it is no such file."""
    with suppress(OSError, ValueError, KeyError):
        content = json.loads((folder / f"{key}.json").read_text("utf-8"))
        if content["format"] != FORMAT:
            return None
        tables = {name: _frame(content[name]) for name in _TABLES}
        empty = Point((), "")
        tables = {n: t.astype(getattr(empty, n).dtypes if t.empty else t.dtypes) for n, t in tables.items()}
        additions = tuple(Addition(**a) for a in content["additions"])
        equipment = {name: _frame(table) for name, table in content["equipment"].items()}
        return Point(additions, content["detail"], failed=content["failed"], equipment=equipment, **tables)
    return None


def _frame(content: dict[str, Any]) -> pd.DataFrame:
    """A table from JSON's types, absent cells as NaN; a column without any value is one of figures."""
    table = pd.DataFrame(**content)
    table = table.where(table.notna(), np.nan).infer_objects()
    return table.astype({c: float for c in table.columns if len(table) and table[c].isna().all()})


def _plain(table: pd.DataFrame) -> dict[str, Any]:
    """A table in JSON's types; absent figures become null, which come back as NaN."""
    rows = table.astype(object).where(table.notna(), None).to_numpy().tolist()
    return {"data": rows, "columns": list(table.columns)}


def _drivers_hash(drivers: Drivers) -> str:
    digest = hashlib.sha256(f"{drivers.year} {drivers.index[0]} {drivers.index[-1]} {len(drivers.index)}".encode())
    digest.update(drivers.sites.to_csv(index=False).encode())
    for name, values in sorted(drivers.weather.items()):
        digest.update(name.encode() + values.tobytes())
    for name in ("demand_mw", "available_mw", "minimum_mw", "online_units", "load_mw"):
        frame: pd.DataFrame = getattr(drivers, name)
        digest.update(f"{name} {list(frame.columns)}".encode() + frame.to_numpy(dtype=float).tobytes())
    return digest.hexdigest()
