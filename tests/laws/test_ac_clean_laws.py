"""Laws of the loop between dispatch and AC: limits only tighten, it ends, nothing that remains is without a reason."""

from __future__ import annotations

import exporting as cases
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gridsim.ac_clean
from gridsim.ac_clean import DEMAND, REACTIVE, RELAXED, ROUNDS, UNAVOIDABLE
from gridsim.dispatch.tighten import tightened_limits, with_tightened_limits


@settings(max_examples=12, deadline=None)
@given(
    load=st.lists(st.floats(20.0, 450.0), min_size=3, max_size=3),
    wind=st.lists(st.floats(0.0, 700.0), min_size=3, max_size=3),
)
def test_limits_only_tighten_and_what_remains_has_its_reason(load, wind):
    seen = [np.full((3, 2), np.inf)]

    def watched(network, profiles, dispatch, tightening, *, options):
        new = with_tightened_limits(network, profiles, dispatch, tightening, options=options)
        k = tightened_limits(new)[0]
        bounds = np.stack([-new.flows.limits.lower_mw[:, k], new.flows.limits.upper_mw[:, k]], axis=1)
        assert (bounds <= seen[-1]).all() and (bounds < seen[-1]).any()
        seen.append(bounds)
        return new

    network = cases.exporting(load_mw=450.0, wind_mw=700.0)
    profiles = cases.given(network, 3, wind_mw=np.array(wind), load_mw=np.array(load))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gridsim.ac_clean, "with_tightened_limits", watched)
        before, after = cases.loop(network, profiles)
    assert len(seen) - 1 == len(after.rounds) <= cases.OPTIONS.ac_rounds
    over = (after.ac.loading_percent > 100.0).sum()
    assert over <= (before.ac.loading_percent > 100.0).sum()
    assert after.tightened["remaining_hours"].sum() == over
    left = after.tightened.loc[after.tightened["remaining_hours"] > 0, "ac_reason"]
    assert set(left) <= {DEMAND, REACTIVE, RELAXED, ROUNDS, UNAVOIDABLE}
    assert after.cost_mwh >= -1e-3
