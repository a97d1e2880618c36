"""The search: first step that does not hold, on whole steps, with as few simulated years as possible.

Two brackets, one inside the other.  The first is made of cheap points (dispatch only) and ends when the next guess
stays within a step.  The second decides: a step holds when its dispatch holds and the study's whole path after it, AC
and N-1, does; what a dispatch does not meet, nothing after it cures.  So the guess goes the whole path, and of the step
above the dispatch is enough where it fails.  What the conditions mean is none of this module's business.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from gridsim.hosting.gaps import Gaps, holds

#: points of a bracket beyond which it is halved, whatever the method says
_CLEVER = 8
#: a guess has settled this near to the one before, or so near to a simulated size, where the slope is known [steps]
_SETTLED, _NEAR = 1.0, 2.0
#: a size that holds is followed by one at most so many times as large
_GROWTH = 1.5
#: a guess is kept off the ends of a range wider than this [steps], by this share of it
_WIDE, _OFF_PU = 40.0, 0.1
#: points of the whole path beyond which a condition that only these know is halved: it may be a step, and no curve
_CURVED = 6
#: points of the whole path beyond which the bracket is given as it is
_MOST_VERIFIED = 16


@dataclass(frozen=True)
class Wanted:
    """Points the search wants to know, in steps, and how far each goes."""

    details: Mapping[int, str]

    @staticmethod
    def of(steps: Iterable[int], detail: str) -> Wanted:
        """Steps that all go as far."""
        return Wanted(dict.fromkeys(steps, detail))


@dataclass(frozen=True)
class Found:
    """Answer in steps: ``low`` holds, ``high`` does not (None: ``low`` is the upper end of the search).

    ``low + 1 == high``, unless the search gave up.
    """

    low: int
    high: int | None


@dataclass
class _Bracket:
    """Points of one kind; ``low``: the highest that holds below every one that does not."""

    seen: dict[int, Gaps]
    low: int = 0
    high: int | None = None
    simulated: int = field(default=0)

    def add(self, found: Mapping[int, Gaps]) -> None:
        """Take in further points."""
        self.simulated += len(found)
        self._take(found)

    def fails_at(self, steps: Mapping[int, Gaps]) -> None:
        """Take in those of some cheaper points that do not hold."""
        self._take({n: at for n, at in steps.items() if n not in self.seen and not holds(at)})

    def _take(self, found: Mapping[int, Gaps]) -> None:
        self.seen.update(found)
        failing = [n for n, at in self.seen.items() if not holds(at)]
        self.high = min(failing, default=None)
        self.low = max(n for n in self.seen if self.high is None or n < self.high)

    @property
    def closed(self) -> bool:
        return self.high is not None and self.high - self.low == 1


#: (points, low, high) -> where the first condition is met exactly, a real number between low and high
Method = Callable[[Mapping[int, Gaps], int, int], float]
Search = Generator[Wanted, Mapping[int, Gaps], Found]


def search(base: Gaps, *, most: int, first: int, method: str = "secant", grid: int = 0) -> Search:
    """Find the first step that does not hold.

    Parameters
    ----------
    base : mapping
        Gaps without anything added; they hold.
    most : int
        Upper end of the search. [steps]
    first : int
        First guess. [steps]
    method : str
        ``"secant"`` or ``"bisection"``.
    grid : int
        So many evenly spaced points up to ``most`` come first.

    Yields
    ------
    Wanted
        To be answered with the gaps of each of its steps.

    Returns
    -------
    Found
    """
    cheap = _Bracket({0: base})
    if grid:
        cheap.add((yield Wanted.of(sorted({math.ceil(most * k / grid) for k in range(1, grid + 1)}), "dispatch")))
    guess = yield from _guess(cheap, most, first, METHODS[method], method == "secant")
    return (yield from _verify(cheap, most, guess, METHODS[method]))


def _guess(
    cheap: _Bracket, most: int, first: int, method: Method, settles: bool
) -> Generator[Wanted, Mapping[int, Gaps], int]:
    """Step up to which the conditions hold, from points of dispatch only."""
    before = math.inf
    n = min(max(first, 1), most)
    while not cheap.closed and cheap.low < most:
        if cheap.high is not None:
            root = _root(cheap, method)
            near = min(root - cheap.low, cheap.high - root)
            if settles and (abs(root - before) <= _SETTLED or near <= _NEAR):
                return min(max(math.floor(root), cheap.low), cheap.high - 1)
            before, n = root, min(max(round(root), cheap.low + 1), cheap.high - 1)
        elif cheap.simulated:
            ahead = min(math.ceil(_beyond(cheap.seen, cheap.low)) + 1, math.ceil(_GROWTH * cheap.low))
            n = min(most, max(cheap.low + 1, ahead))
        cheap.add((yield Wanted.of((n,), "dispatch")))
    return cheap.low


def _verify(cheap: _Bracket, most: int, guess: int, method: Method) -> Search:
    """Answer by points of the whole path, and of the dispatch where that fails."""
    whole = _Bracket({0: cheap.seen[0]})
    whole.fails_at(cheap.seen)
    n, beside = guess, True
    while not whole.closed and whole.low < most and whole.simulated < _MOST_VERIFIED:
        wanted = {n: "study"} if n > whole.low else {}
        if beside and n < most and n + 1 not in whole.seen:
            # the dispatch of the step above is known and holds: only the whole path may fail there
            wanted[n + 1] = "study" if n + 1 in cheap.seen else "dispatch"
        found = yield Wanted(wanted)
        cheap.add({k: found[k] for k, detail in wanted.items() if detail == "dispatch"})
        whole.add({k: found[k] for k, detail in wanted.items() if detail == "study"})
        whole.fails_at(cheap.seen)
        if whole.high is not None and not whole.closed:
            root, beside = _shifted(cheap, whole, method)
            n = min(max(math.floor(root), whole.low), whole.high - 1)
            n += n == whole.low and (not beside or n + 1 in cheap.seen)
        elif whole.high is None:
            # farther each time: a slope that says "next door" again and again is no guide
            further = whole.low + 2 ** max(whole.simulated - 1, 0)
            n, beside = min(most, max(math.floor(_next_up(cheap, whole)), further)), True
    return Found(whole.low, whole.high)


def _root(bracket: _Bracket, method: Method) -> float:
    assert bracket.high is not None
    if bracket.simulated >= _CLEVER:
        return halfway(bracket.seen, bracket.low, bracket.high)
    return method(bracket.seen, bracket.low, bracket.high)


def _shifted(cheap: _Bracket, whole: _Bracket, method: Method) -> tuple[float, bool]:
    """Guess between two points of the whole path, and whether it is near enough to ask for both sides of it.

    By the slope of the cheap points about it; a condition that these do not know crosses where the method says.
    """
    assert whole.high is not None
    if whole.simulated >= _CLEVER:
        return halfway(whole.seen, whole.low, whole.high), False
    at, roots = whole.high, []
    for name, gap in whole.seen[at].items():
        slope = _slope(cheap.seen, name, at)
        if gap > 0.0 and slope > 0.0 and math.isfinite(gap):
            roots.append((at - gap / slope, True))
        elif gap > 0.0:
            guess = method if whole.simulated < _CURVED else halfway
            roots.append((guess(whole.seen, whole.low, at), False))
    root, sure = min(roots)
    return min(max(root, whole.low), at), sure


def _next_up(cheap: _Bracket, whole: _Bracket) -> float:
    """Guess above the highest point of the whole path, which holds."""
    at = whole.low
    slopes = {name: _slope(cheap.seen, name, at) for name in whole.seen[at]}
    return min((at - whole.seen[at][name] / s for name, s in slopes.items() if s > 0.0), default=2.0 * at + 1.0)


def _slope(seen: Mapping[int, Gaps], name: tuple[str, str, str], at: int) -> float:
    """Slope of a condition about a point from the two known points nearest to it; NaN without two."""
    near = sorted((n for n, gaps in seen.items() if math.isfinite(gaps.get(name, math.nan))), key=lambda n: abs(n - at))
    if len(near) < 2:
        return math.nan
    a, b = near[:2]
    return (seen[b][name] - seen[a][name]) / (b - a)


def _beyond(seen: Mapping[int, Gaps], low: int) -> float:
    """Where the secant from the base through ``low`` meets the first condition; far away if none gets nearer."""
    base, at, roots = seen[0], seen[low], [math.inf]
    for name, gap in at.items():
        rise = gap - base.get(name, math.nan)
        if rise > 0.0:
            roots.append(low - gap * low / rise)
    return min(min(roots), 1e9)


def halfway(seen: Mapping[int, Gaps], low: int, high: int) -> float:
    """Plain bisection."""
    return (low + high) / 2.0


def secant(seen: Mapping[int, Gaps], low: int, high: int) -> float:
    """First crossing of the conditions that ``high`` does not meet.

    Of a condition known at both ends the parabola through them and a third point, inside :func:`_range`; one that
    ``low`` says nothing about (a violation that is not there) crosses halfway.
    """
    roots = []
    for name, gap in seen[high].items():
        if gap <= 0.0:
            continue
        values = {n: at[name] for n, at in seen.items() if math.isfinite(at.get(name, math.nan))}
        if low in values and high in values:
            roots.append(_crossing(values, low, high))
        else:
            roots.append((low + high) / 2.0)
    return min(roots)


def _crossing(values: Mapping[int, float], low: int, high: int) -> float:
    """Where one condition crosses zero between two points, by all that is known of it."""
    first, last = _range(values, low, high)
    if values[low] >= -1e-9 * values[high]:  # nothing lost and nothing gained at the lower end: it is no crossing
        return (low + last) / 2.0
    third = min(
        (n for n in values if n not in (low, high)), key=lambda n: min(abs(n - low), abs(n - high)), default=None
    )
    bent = first if third is None else _parabola(values, low, high, third, first)
    room = last - first
    root, off = min(max(bent, first), last), _OFF_PU * room if room > _WIDE else 0.0
    if low == 0 and min(root - first, last - root) < off:
        return first + room / 2.0  # the base case says little: flat up to nobody knows where
    return min(max(root, first + off), last - off)


def _range(values: Mapping[int, float], low: int, high: int) -> tuple[float, float]:
    """Range of the crossing of a convex curve: from the chord of both ends to where chords beyond an end meet zero.

    Curtailment of a county is convex but for noise: flat while its network has room, then steep.
    """
    first = low + (high - low) * values[low] / (values[low] - values[high])
    last, points = float(high), sorted(values)
    at = points.index(low)
    for a, b in ((at - 1, at), (at + 1, at + 2)):
        if a >= 0 and b < len(points):
            slope = (values[points[b]] - values[points[a]]) / (points[b] - points[a])
            if slope > 0.0:
                last = min(last, points[a] - values[points[a]] / slope)
    return first, max(last, first)


def _parabola(values: Mapping[int, float], low: int, high: int, third: int, otherwise: float) -> float:
    """Root of the parabola through three points between two of them; ``otherwise`` where it has none, or two, there."""
    x, y = np.array([low, high, third], dtype=float) - low, np.array([values[n] for n in (low, high, third)])
    roots = np.roots(np.polyfit(x, y / np.abs(y).max(), 2))
    inside = [float(r.real) for r in roots if abs(r.imag) < 1e-9 and 0.0 <= r.real <= high - low]
    return low + inside[0] if len(inside) == 1 else otherwise


METHODS: dict[str, Method] = {"secant": secant, "bisection": halfway}
