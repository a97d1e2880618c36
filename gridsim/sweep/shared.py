"""What cases of a sweep share: tables, weather with its check, demand and profiles, kept in a worker for its next case.

Nothing is sent between processes: every worker reads what its first case needs and has it for the following ones, which
come in the order of the plan, so that neighbours differ in the last axis only.  What is kept has the hash of all it
follows from, the files' sizes and times of change included: a worker of a standing cluster outlives a sweep.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from gridsim.driver_checks import checked_weather
from gridsim.drivers import site_shares
from gridsim.generation import PHYSICS, Conditions, Physics, PhysicsTable
from gridsim.network import Network, read_network
from gridsim.profiles import make_profiles
from gridsim.run_year import Inputs, study_drivers
from gridsim.study import Study, study_network

#: tables whose rows change no weather and no demand: plants count by the sites they need
NOT_DRIVING = ("wind", "solar", "battery", "section", "section_season")
#: tables whose rows change no profile
NOT_PROFILED = ("battery", "section", "section_season")
#: inputs kept in a worker; those of one case of Yueyang take about 50 MB
MOST_KEPT = 2
#: combinations of sites and plant parameters whose power is kept; one of Yueyang takes up to 2 MB
MOST_COMBINATIONS = 32

Kept = TypeVar("Kept")


def drivers_key(study: Study, network: Network) -> str | None:
    """Hash of what weather and demand of a case follow from; None where a series names plants of its own.

    Every table but :data:`NOT_DRIVING` counts, needed or not: sharing too little costs half a second, sharing too much
    would be a wrong answer.
    """
    if any(study.series.model_dump().values()):
        return None
    digest = hashlib.sha256(f"{study.path.parent} {network.year} {network.scenario}".encode())
    for section in (study.weather, study.demand):
        digest.update(json.dumps(section.model_dump(mode="json"), sort_keys=True).encode())
    digest.update(json.dumps(site_shares(network), sort_keys=True, ensure_ascii=False).encode())
    digest.update(_tables(network, without=NOT_DRIVING).encode())
    weather = study.resolve(study.weather.folder)
    digest.update(_stamps([*weather.rglob("*"), *map(study.resolve, study.demand.points96)]).encode())
    return digest.hexdigest()


def profiles_key(study: Study, network: Network, drivers: str | None) -> str | None:
    """Hash of what the profiles of a case follow from; ``drivers`` is its :func:`drivers_key`."""
    if drivers is None:
        return None
    own = f"{drivers} {study.hydro.year} {_tables(network, without=NOT_PROFILED)}"
    return hashlib.sha256(own.encode()).hexdigest()


def _tables(network: Network, *, without: Collection[str]) -> str:
    """Hash of some tables."""
    digest = hashlib.sha256()
    for name, table in sorted(network.tables.items()):
        if name not in without:
            digest.update(f"\n{name}\n{table.to_csv(index=False)}".encode())
    return digest.hexdigest()


def _stamps(paths: Iterable[Path]) -> str:
    """Names, sizes and times of change of files."""
    there = [(path, path.stat()) for path in sorted(paths) if path.is_file()]
    return "".join(f"\n{path} {at.st_size} {at.st_mtime_ns}" for path, at in there)


class _Memory:
    """The last few things that were made, by key."""

    def __init__(self, most: int):
        self._most, self._kept = most, OrderedDict[str, object]()

    def get(self, key: str | None, make: Callable[[], Kept]) -> Kept:
        """What has the key, made if it is not there; without a key it is made every time."""
        if key is None:
            return make()
        if key not in self._kept:
            self._kept[key] = make()
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return self._kept[key]  # type: ignore[return-value]  # a key names one kind of thing


def _remembered(kept: _Memory, driven: str | None) -> PhysicsTable:
    """The physics of wind and sun, run once for a combination under the same weather; without a key every time."""

    def once(table: str, parameters: tuple[str, ...], run: Physics) -> Physics:
        def found(plant: Any, at: Conditions) -> tuple[np.ndarray, np.ndarray]:
            key = f"{driven} {table} {[getattr(plant, p) for p in parameters]} {at.regional} {at.sites}"
            return kept.get(key, partial(run, plant, at))

        return found

    if driven is None:
        return PHYSICS
    return {table: (parameters, once(table, parameters, run)) for table, (parameters, run) in PHYSICS.items()}


def sharing(most: int = MOST_KEPT) -> Callable[[Study], Inputs]:
    """A reader of inputs that keeps the last few of each kind; see :func:`gridsim.run_year.read_inputs`."""
    tables, drivers, profiles = _Memory(most), _Memory(most), _Memory(most)
    power = _Memory(MOST_COMBINATIONS)

    def read_tables(folder: Path, scenario: str) -> Network:
        key = f"{folder} {scenario}{_stamps(folder.rglob('*'))}"
        return tables.get(key, partial(read_network, folder, scenario=scenario))

    def read(study: Study) -> Inputs:
        network = study_network(study, read=read_tables)
        driven = drivers_key(study, network)
        given, quality = drivers.get(
            driven, lambda: checked_weather(study_drivers(study, network), on_error=study.weather.quality)
        )
        made = profiles.get(
            profiles_key(study, network, driven),
            lambda: make_profiles(network, given, hydro_year=study.hydro.year, physics=_remembered(power, driven)),
        )
        return Inputs(network, given, quality, made)

    return read
