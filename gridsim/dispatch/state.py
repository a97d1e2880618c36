"""What one window has to solve, and its solution: plain arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class WindowTask:
    """What one window has to solve: its steps, bounds of columns and stored energies, energy handed over.

    Arrays over (step of the window, ...); bounds are closed where a store has a direction or a number of machines.
    """

    steps: np.ndarray
    lower_mw: np.ndarray
    upper_mw: np.ndarray
    energy_lower_mwh: np.ndarray
    energy_upper_mwh: np.ndarray
    initial_mwh: np.ndarray


@dataclass(frozen=True)
class WindowState(WindowTask):
    """Solution of one window; ``relaxed_cny`` is its objective before any store was given a direction.

    ``row_limit`` is a limit of the network, or a kind of coupling (ramp, reserve) where it is negative.
    """

    x_mw: np.ndarray
    energy_mwh: np.ndarray
    slack_mwh: np.ndarray
    x_cost: np.ndarray
    energy_cost: np.ndarray
    slack_cost: np.ndarray
    row_step: np.ndarray
    row_limit: np.ndarray
    row_dual: np.ndarray
    objective_cny: float
    relaxed_cny: float
    iterations: int
    rounds: int
    direction_fixes: int
