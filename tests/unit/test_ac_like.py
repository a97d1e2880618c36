"""The AC state of a dispatch that differs from another in a few steps: only those are solved again."""

from __future__ import annotations

import dataclasses

import numpy as np

import gridsim.ac.dispatched as dispatched
from gridsim.ac import check_ac_dispatch


def test_only_changed_steps_are_solved_and_the_rest_is_taken_over(tiny_run, monkeypatch):
    case = tiny_run.case
    injection = case.dispatch.injection_mw.copy()
    steps = [3, 17]
    for step in steps:  # move a tenth of the largest injection to the bus that takes most
        giver, taker = injection[step].argmax(), injection[step].argmin()
        moved = 0.1 * injection[step, giver]
        injection[step, giver] -= moved
        injection[step, taker] += moved
    other = dataclasses.replace(case.dispatch, injection_mw=injection)
    full = check_ac_dispatch(case.network, other)
    solved = []
    plain = dispatched.check_ac
    monkeypatch.setattr(dispatched, "check_ac", lambda *a, **k: solved.append(len(k["index"])) or plain(*a, **k))
    like = check_ac_dispatch(case.network, other, like=(case.dispatch, case.ac))
    assert solved == [len(steps)]
    assert (like.positions.tap_pos == full.positions.tap_pos).all(), "other taps: the comparison below says nothing"
    assert np.abs(like.vm_pu - full.vm_pu).max() < 1e-6
    assert np.abs(like.loading_percent - full.loading_percent).max() < 1e-3
    assert np.abs(like.losses_mw - full.losses_mw).max() < 1e-4
    differs = np.flatnonzero(np.abs(like.loading_percent - case.ac.loading_percent).max(axis=1) > 1e-3)
    assert differs.tolist() == steps


def test_the_same_dispatch_has_the_same_state(tiny_run):
    case = tiny_run.case
    assert check_ac_dispatch(case.network, case.dispatch, like=(case.dispatch, case.ac)) is case.ac
