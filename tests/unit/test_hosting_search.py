"""The search on functions: the same answer by both methods, few points, honest ends."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridsim.hosting.gaps import Gaps
from gridsim.hosting.search import Found, Wanted, search

RATE = ("rate_city", "", "")


def answer(
    gap: Callable[[int, str], Gaps], *, most: int = 1000, first: int = 250, method: str = "secant", grid: int = 0
) -> tuple[Found, list[Wanted]]:
    """Answer the search from a function of (step, detail), as the driver does."""
    steps, asked = search(gap(0, "study"), most=most, first=first, method=method, grid=grid), []
    try:
        wanted = next(steps)
        while True:
            asked.append(wanted)
            wanted = steps.send({n: gap(n, detail) for n, detail in wanted.details.items()})
    except StopIteration as end:
        return end.value, asked


def runs(asked: list[Wanted], detail: str) -> int:
    return sum(d == detail for w in asked for d in w.details.values())


def convex(root: float, bend: float) -> Callable[[int, str], Gaps]:
    """g(x) = -100 + b x + c x^2 with g(root) = 0."""
    slope = 100.0 * (1.0 - bend) / root
    return lambda n, _: {RATE: -100.0 + slope * n + 100.0 * bend * (n / root) ** 2}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 990), st.floats(0.05, 0.95), st.floats(0.0, 0.9), st.integers(1, 1000))
def test_secant_finds_what_bisection_finds(whole, part, bend, first):
    root = whole + part
    found, asked = answer(convex(root, bend), first=first)
    plain, plain_asked = answer(convex(root, bend), first=first, method="bisection")
    assert found == plain == Found(whole, whole + 1)
    assert whole == 0 or ("study" in asked[-1].details.values() and "study" in plain_asked[-1].details.values())


@pytest.mark.parametrize("root", [30.4, 212.7, 480.2, 850.9])
def test_six_points_and_two_that_verify(root):
    """A curve as curtailment has it, first guess a third off."""
    found, asked = answer(convex(root, 0.6), first=round(0.7 * root))
    assert found.low == math.floor(root)
    assert runs(asked, "dispatch") <= 7
    assert runs(asked, "study") == 1
    assert asked[-1].details[found.low] == "study"


def test_the_end_of_the_search_is_no_answer_but_a_bound():
    """Nothing is unmet up to 1000: simulated there on the whole path, and no step above is known."""
    found, asked = answer(convex(5000.0, 0.5))
    assert found == Found(1000, None)
    assert asked[-1] == Wanted({1000: "study"})


def test_what_the_first_step_breaks_is_zero():
    found, _ = answer(lambda n, _: {RATE: -0.5 + n})
    assert found == Found(0, 1)


@pytest.mark.parametrize("limit", [333.4, 590.2, 786.5])
def test_a_violation_that_is_near_below_its_size_is_not_halved_down_to(limit):
    """AC N-1 reaches 100 % at ``limit``, 1 point per 20 MW: below it the margin is known, above it the violation."""

    def loaded(n: int, detail: str, *, near: bool) -> Gaps:
        points = (n - limit) / 20.0
        known = detail == "study" and (points > 0.0 or (near and points > -20.0))
        return {RATE: -100.0 + 0.125 * n} | ({("n_1", "twin", "other"): points} if known else {})

    found, asked = answer(lambda n, d: loaded(n, d, near=True))
    blind, blind_asked = answer(lambda n, d: loaded(n, d, near=False))
    assert found == blind == Found(math.floor(limit), math.floor(limit) + 1)
    assert runs(asked, "study") <= 6
    assert runs(asked, "study") < runs(blind_asked, "study")


def test_a_violation_that_jumps_is_halved_after_a_few_guesses():
    """0.1 points below the rating up to 577 MW, 0.3 above it from there: a chord would creep up from below."""

    def jumps(n: int, detail: str) -> Gaps:
        over = {("n_1", "twin", "other"): -0.1 if n <= 577 else 0.3}
        return {RATE: -100.0 + n / 6.06} | (over if detail == "study" and n > 100 else {})

    found, asked = answer(jumps)
    assert found == Found(577, 578)
    assert runs(asked, "study") <= 12


def test_the_whole_path_decides_where_the_cheap_points_are_off():
    """AC takes 20 more: the cheap root is 500, the true one 400; a violation from 333 on comes on top of it."""

    def shifted(n: int, detail: str) -> Gaps:
        return {RATE: -100.0 + 0.2 * n + (20.0 if detail == "study" and n else 0.0)}

    assert answer(shifted)[0] == Found(400, 401)

    def violated(n: int, detail: str) -> Gaps:
        more = {("voltage", "b", ""): 0.004} if detail == "study" and n >= 333 else {}
        return {**shifted(n, detail), **more}

    found, asked = answer(violated)
    assert found.low < 333
    assert found.high is not None
    assert found.high >= 333 or violated(found.high, "study")[RATE] > 0.0
    assert runs(asked, "study") <= 14
    assert found == Found(332, 333)


def test_a_point_that_failed_is_no_success():
    """From 300 on there is no solution: the capacity ends there, whatever lies above."""
    found, _ = answer(lambda n, _: {("failed", "", ""): math.inf} if n >= 300 else {RATE: -100.0 + 0.2 * n})
    assert found == Found(299, 300)


def test_the_first_of_several_crossings_is_taken():
    """Unmet from 200 to 400 and from 800 on; ten points in advance show it, and 200 is the answer."""

    def wave(n: int, _: str) -> Gaps:
        return {RATE: math.sin((n - 200) * math.pi / 200) if n < 800 else 1.0}

    found, _ = answer(wave, grid=10, method="bisection")
    assert found == Found(200, 201)


def test_a_kinked_curve_takes_few_points():
    """Curtailment of a county: flat while its network has room, steep from about 640 MW on; the first guess says 300.

    g = -15000 + 4 x + 250 * 60 ln(1 + exp((x - 640) / 60)): near 610 the steep part has eaten what was left.
    """

    def kinked(n: int, _: str) -> Gaps:
        return {RATE: -15_000.0 + 4.0 * n + 250.0 * 60.0 * math.log1p(math.exp((n - 640.0) / 60.0))}

    found, asked = answer(kinked, most=2000, first=300)
    assert found.high == next(n for n in range(2001) if kinked(n, "")[RATE] > 0.0)
    assert runs(asked, "dispatch") <= 7
    assert runs(asked, "study") == 1


def test_most_curves_take_six_points_and_two():
    """Sixty kinked curves with the jumps of commitment on them, first guess off by up to a factor of two and a half."""
    draw, within = random.Random(1), 0
    for _ in range(60):
        kink, room = draw.uniform(50.0, 900.0), draw.uniform(3e3, 4e4)
        flat, steep, width = draw.uniform(-30.0, 40.0), draw.uniform(100.0, 400.0), draw.uniform(10.0, 120.0)
        guess = min(max(round(kink * math.exp(draw.uniform(-0.9, 0.7))), 1), 2000)

        def gap(n: int, _: str, at=kink, a=flat, b=steep, w=width, c=room) -> Gaps:
            soft = w * math.log1p(math.exp((n - at) / w)) - w * math.log1p(math.exp(-at / w))
            return {RATE: -c + a * n + b * soft + 30.0 * (math.sin(0.7 * n) + math.sin(0.31 * n)) * (n > 0)}

        found, asked = answer(gap, most=2000, first=guess)
        assert found.high == found.low + 1
        assert gap(found.low, "")[RATE] <= 0.0 < gap(found.high, "")[RATE]
        within += len(set().union(*(w.details for w in asked))) <= 8 and runs(asked, "study") <= 2
    assert within >= 54


@pytest.mark.parametrize("first", [1, 7, 22, 100])
def test_a_curve_that_starts_at_zero(first):
    """The marginal accounting: g = max(x - 20, 0) - 0.05 x is zero at 0, which is not its crossing; that is 21.05."""
    found, _ = answer(lambda n, _: {RATE: max(n - 20.0, 0.0) - 0.05 * n}, most=400, first=first)
    assert found == Found(21, 22)
