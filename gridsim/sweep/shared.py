"""What cases of a sweep share: weather and demand, read once in a worker and kept for its next case.

Nothing is sent between processes: every worker reads what its first case needs and has it for the following ones, which
come in the order of the plan, so that neighbours differ in the last axis only.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable

from gridsim.drivers import Drivers, site_shares
from gridsim.network import Network
from gridsim.run_year import study_drivers
from gridsim.study import Study

#: tables whose rows change no weather and no demand: plants count by the sites they need
NOT_DRIVING = ("wind", "solar", "battery", "section", "section_season")
#: drivers kept in a worker; one of Yueyang's takes about 15 MB
MOST_KEPT = 2


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
    for name, table in sorted(network.tables.items()):
        if name not in NOT_DRIVING:
            digest.update(f"\n{name}\n{table.to_csv(index=False)}".encode())
    return digest.hexdigest()


def remembering(
    read: Callable[[Study, Network], Drivers] = study_drivers, most: int = MOST_KEPT
) -> Callable[[Study, Network], Drivers]:
    """A reader of drivers that keeps the last few it has read."""
    kept: OrderedDict[str, Drivers] = OrderedDict()

    def drivers(study: Study, network: Network) -> Drivers:
        key = drivers_key(study, network)
        if key is None:
            return read(study, network)
        if key not in kept:
            kept[key] = read(study, network)
        kept.move_to_end(key)
        while len(kept) > most:
            kept.popitem(last=False)
        return kept[key]

    return drivers
