"""The cases of a sweep: a study and its axes of named overrides, as a list of studies.

An override names a key of the study by its dotted path (``limits.export_mw``, ``addition.0.p_mw``): what a planner may
write into the study file a sweep may vary, nothing else.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pydantic

from gridsim.errors import InvalidInput, Problem, raise_if
from gridsim.sections import Scalar, SweepAxis, SweepSection
from gridsim.study import Study

#: sections of a study that a case has in common with the sweep, or that decide nothing
NOT_VARIED = ("sweep", "path", "sha256")
#: share of a step by which the last value of a range may lie beyond its stop
_RANGE_SLACK = 1e-9


@dataclass(frozen=True)
class SweepCase:
    """One case: its label on every axis, and the study with the overrides of these points."""

    labels: Mapping[str, Scalar]
    study: Study

    @property
    def name(self) -> str:
        """Labels in the order of the axes, readable."""
        return ", ".join(f"{axis} {label}" for axis, label in self.labels.items())


def sweep_cases(study: Study) -> tuple[SweepCase, ...]:
    """Every case of a study's sweep, in the order of the axes (the last one runs fastest).

    Raises
    ------
    InvalidInput
        No sweep in the study; unknown keys, values that do not fit, axes that do not match, exclusions of nothing; all
        at once.
    """
    sweep = study.sweep
    if sweep is None:
        fix = "add [sweep] with at least one [[sweep.axis]]"
        raise InvalidInput([Problem(study.path.name, "the study has no sweep", fix, column="sweep")])
    problems: list[Problem] = []
    axes = [(axis.name, _points(axis)) for axis in sweep.axis]
    _check_axes(study, axes, sweep, problems)
    for axis, points in axes:  # every point alone, so that a wrong value is said once
        for label, values in points:
            _overridden(study, values, f"{axis} {label}", problems)
    raise_if(problems)
    found = []
    for combination in _combinations(axes, sweep):
        labels = {name: label for (name, _), (label, _) in zip(axes, combination)}
        values = {key: value for _, point in combination for key, value in point.items()}
        varied = _overridden(study, values, ", ".join(map(str, labels.values())), problems)
        if varied is not None:
            found.append(SweepCase(labels, varied))
    raise_if(problems)
    return _sampled(found, sweep)


Point = tuple[Scalar, dict[str, Scalar]]


def _points(axis: SweepAxis) -> list[Point]:
    """Label and overrides of every point of an axis."""
    if axis.point:
        return [(point.label, dict(point.set)) for point in axis.point]
    values: tuple[Scalar, ...] = axis.values
    if axis.start is not None and axis.stop is not None and axis.step is not None:
        count = int(np.floor((axis.stop - axis.start) / axis.step + _RANGE_SLACK)) + 1
        values = tuple(float(np.round(axis.start + k * axis.step, 9)) for k in range(count))
    return [(value, {str(axis.key): value}) for value in values]


def _check_axes(
    study: Study, axes: list[tuple[str, list[Point]]], sweep: SweepSection, problems: list[Problem]
) -> None:
    """Names and labels that repeat, two axes with one key, lengths of a zip, exclusions of nothing."""
    file, names = study.path.name, [name for name, _ in axes]
    known: dict[str, list[Scalar]] = {name: [label for label, _ in points] for name, points in axes}
    for name in sorted({n for n in names if names.count(n) > 1}):
        problems.append(Problem(file, f"two axes are called {name!r}", "rename one", row="[[sweep.axis]]"))
    for name, labels in known.items():
        for twice in sorted({str(v) for v in labels if labels.count(v) > 1}):
            fix = "give every point a label of its own"
            problems.append(Problem(file, f"{name!r} has two points called {twice}", fix, row="[[sweep.axis]]"))
    for (a, first), (b, second) in itertools.combinations(axes, 2):
        both = {k for _, p in first for k in p} & {k for _, p in second for k in p}
        for key in sorted(both):
            what = f"the axes {a!r} and {b!r} both set {key}"
            problems.append(Problem(file, what, "leave it to one of them", row="[[sweep.axis]]"))
    if sweep.combine == "zip" and len({len(points) for _, points in axes}) > 1:
        lengths = ", ".join(f"{name} {len(points)}" for name, points in axes)
        problems.append(Problem(file, f"axes of different length ({lengths})", 'use combine = "product"', "[sweep]"))
    for number, exclude in enumerate(sweep.exclude, start=1):
        for name, label in exclude.items():
            if label not in known.get(name, []):
                there = ", ".join(map(str, known.get(name, []))) or f"no axis; axes are {', '.join(known)}"
                what = f"there is no point {name} = {label!r}"
                problems.append(Problem(file, what, f"use one of: {there}", row=f"exclude {number}"))


def _combinations(axes: list[tuple[str, list[Point]]], sweep: SweepSection) -> Iterator[tuple[Point, ...]]:
    points = [points for _, points in axes]
    names = [name for name, _ in axes]
    for combination in itertools.product(*points) if sweep.combine == "product" else zip(*points):
        labels = dict(zip(names, (label for label, _ in combination)))
        if not any(all(labels[n] == v for n, v in left_out.items()) for left_out in sweep.exclude):
            yield combination


def _sampled(cases: list[SweepCase], sweep: SweepSection) -> tuple[SweepCase, ...]:
    if sweep.sample is None or sweep.sample.cases >= len(cases):
        return tuple(cases)
    chosen = np.random.default_rng(sweep.sample.seed).choice(len(cases), sweep.sample.cases, replace=False)
    return tuple(cases[k] for k in sorted(chosen))


def with_overrides(study: Study, values: Mapping[str, Scalar]) -> Study:
    """The study with other values at some dotted keys.

    Raises
    ------
    InvalidInput
        Unknown keys and values that do not fit, all at once.
    """
    problems: list[Problem] = []
    varied = _overridden(study, values, "", problems)
    raise_if(problems)
    assert varied is not None
    return varied


def _overridden(study: Study, values: Mapping[str, Scalar], row: str, problems: list[Problem]) -> Study | None:
    content = study.model_dump(exclude={"sweep"})
    wrong = [problem for key, value in values.items() if (problem := _set(content, key, value, study, row))]
    if not wrong:
        try:
            return Study(**content)
        except pydantic.ValidationError as error:
            wrong = [
                Problem(
                    study.path.name,
                    f"{e['msg']}; got {e['input']!r}",
                    "correct the value",
                    row=row,
                    column=".".join(map(str, e["loc"])),
                )
                for e in error.errors()
            ]
    problems += wrong
    return None


def _set(content: Any, key: str, value: Scalar, study: Study, row: str) -> Problem | None:
    """Put a value at a dotted key of a study's content; what is wrong if there is no such key."""
    *above, last = key.split(".")
    place = content
    for name in above:
        inner = _inner(place, name)
        if inner is None:
            return _unknown(study, key, name, place, row)
        place = inner
    if not isinstance(place, dict) or last not in place or last in NOT_VARIED:
        return _unknown(study, key, last, place, row)
    place[last] = value
    return None


def _inner(place: Any, name: str) -> Any:
    if isinstance(place, dict):
        return place.get(name)
    if isinstance(place, tuple) and name.isdigit() and int(name) < len(place):
        return place[int(name)]
    return None


def _unknown(study: Study, key: str, name: str, place: Any, row: str) -> Problem:
    known = list(map(str, place)) if isinstance(place, dict) else [str(k) for k in range(len(place or ()))]
    known = [k for k in known if k not in NOT_VARIED]
    close = difflib.get_close_matches(name, known, n=1)
    fix = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known) or 'nothing'}"
    return Problem(study.path.name, f"the study has no {key!r}: {name!r} is unknown", fix, row=row, column=key)
