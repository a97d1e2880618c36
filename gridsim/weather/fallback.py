"""Sites that the first weather source has not got, from the next one: only where a study asks for it, and said.

Wind and sun of one study should come from one source and year, or their agreement in time is made up; a fallback is
for the odd site, and every site that takes it is a row ``next_source`` among the assumptions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from gridsim.errors import InvalidInput, Problem
from gridsim.weather.canonical import Weather, wind_columns
from gridsim.weather.origin import ALL, Origin, of_source
from gridsim.weather.study_year import on_study_year

#: where the wind is too weak to tell a shear exponent, and bounds of one hour's exponent
CALM_M_PER_S, CALM_EXPONENT, EXPONENTS = 0.5, 1.0 / 7.0, (-0.1, 0.6)

Source = Callable[[Path, list[str], int | None, int], Weather]


def first_that_has(
    sources: Mapping[str, Source],
    folder: Path,
    sites: Sequence[str],
    *,
    year: int | None,
    seed: int,
    index: pd.DatetimeIndex,
) -> Weather:
    """Weather of all sites on a study's index, each from the first source that has it.

    Parameters
    ----------
    sources : mapping of str to function
        In the order they are tried; the first is asked for all sites at once.
    folder, year, seed
        What the sources are called with.
    index : DatetimeIndex
        Intervals of the study year.

    Raises
    ------
    InvalidInput
        What the first source says of a site that none has.
    """
    names = list(sources)
    first = sources[names[0]]
    try:
        return on_study_year(first(folder, list(sites), year, seed), index)
    except InvalidInput:
        if len(names) == 1:
            raise
    taken: dict[str, list[str]] = {}
    problems: list[Problem] = []
    for site in sites:
        said: list[Sequence[Problem]] = []
        for name in names:
            try:
                sources[name](folder, [site], year, seed)
            except InvalidInput as bad:
                said.append(bad.problems)
            else:
                taken.setdefault(name, []).append(site)
                break
        else:
            problems += said[0]
    if problems:
        raise InvalidInput(problems)
    order = sorted(taken, key=names.index)
    parts = {n: on_study_year(sources[n](folder, taken[n], year, seed), index) for n in order}
    return _side_by_side(parts, names[0], list(sites))


def _side_by_side(parts: Mapping[str, Weather], preferred: str, sites: list[str]) -> Weather:
    """Sites of several sources in the order asked for, at the wind heights of the first of them."""
    lead = next(iter(parts.values()))
    heights = wind_columns(lead.data)
    whole = []
    for name, part in parts.items():
        origin = {s: tuple(part.origin.get(s) or of_source(part.source)) for s in part.sites["name"]}
        if name != preferred:
            origin = {s: (Origin(ALL, "next_source", name), *said) for s, said in origin.items()}
        whole.append(_at_heights(replace(part, origin=origin), heights))
    table = pd.concat([p.sites for p in whole], ignore_index=True)
    at = pd.Index(table["name"]).get_indexer(pd.Index(sites))
    return replace(
        lead,
        sites=table.iloc[at].reset_index(drop=True),
        data={k: np.hstack([p.data[k] for p in whole])[:, at] for k in whole[0].data},
        source="; ".join(dict.fromkeys(p.source for p in whole)),
        files={k: v for p in whole for k, v in p.files.items()},
        origin={k: v for p in whole for k, v in p.origin.items()},
    )


def _at_heights(weather: Weather, heights: Mapping[str, float]) -> Weather:
    """The same weather with wind at given heights, by the shear exponent of each hour where it has others."""
    own = wind_columns(weather.data)
    missing = {c: h for c, h in heights.items() if c not in own}
    if missing and len(own) < 2:
        what = f"wind at {', '.join(f'{h:g} m' for h in missing.values())} is needed beside that of the first source"
        fix = "a fallback with one wind height cannot give it: take all sites from one source"
        raise InvalidInput([Problem(weather.source, what, fix)])
    data = {k: v for k, v in weather.data.items() if k not in own or k in heights}
    said: tuple[Origin, ...] = ()
    for column, height in missing.items():
        low, high = sorted(sorted(own, key=lambda c: abs(np.log(own[c] / height)))[:2], key=lambda c: own[c])
        slow, fast = weather.data[low], weather.data[high]
        calm = (slow < CALM_M_PER_S) | (fast < CALM_M_PER_S)
        ratio = np.divide(fast, slow, out=np.ones_like(fast), where=~calm)
        shear = np.where(calm, CALM_EXPONENT, np.clip(np.log(ratio) / np.log(own[high] / own[low]), *EXPONENTS))
        data[column] = fast * (height / own[high]) ** shear
        said += (Origin(column, "other_heights", f"{own[low]:g} m, {own[high]:g} m"),)
    origin = {site: (*before, *said) for site, before in weather.origin.items()}
    return replace(weather, data={k: data[k] for k in _in_order(data, heights)}, origin=origin)


def _in_order(data: Mapping[str, np.ndarray], heights: Mapping[str, float]) -> list[str]:
    return [*(k for k in data if k not in heights), *reversed(list(heights))]
