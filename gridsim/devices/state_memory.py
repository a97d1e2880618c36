"""Two-state machines over time without a loop: what was switched last stays."""

from __future__ import annotations

import numpy as np


def switched(on: np.ndarray, off: np.ndarray) -> np.ndarray:
    """State after each step: True from the last ``on`` until the next ``off``; False before the first ``on``.

    Parameters
    ----------
    on, off : ndarray of bool (time, ...)
        Where both are set, off wins.

    Returns
    -------
    ndarray of bool (time, ...)
    """
    step = np.arange(len(on)).reshape(-1, *[1] * (on.ndim - 1))
    last_on = np.maximum.accumulate(np.where(on & ~off, step, -1), axis=0)
    last_off = np.maximum.accumulate(np.where(off, step, -1), axis=0)
    return last_on > last_off


def run_length(condition: np.ndarray) -> np.ndarray:
    """Steps for which the condition has held without a break, this one included: ndarray of int (time, ...)."""
    step = np.arange(len(condition)).reshape(-1, *[1] * (condition.ndim - 1))
    return step - np.maximum.accumulate(np.where(condition, -1, step), axis=0)
