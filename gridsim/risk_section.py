"""The section of a study file about the risk of hosting capacity."""

from __future__ import annotations

from typing import Literal

import pydantic

from gridsim.sections import Section


class RiskSection(Section):
    """``[risk]``: how a county's hosting capacity varies with weather, load growth and siting, see gridsim.risk.

    ``counties``; ``added_mw``: capacities that are simulated in every scenario, from 0 up; ``plan_mw``: county and the
    capacity that is planned there.  A scenario is one of ``weather_years``, one of ``demand_pu`` (times the study's
    own) and one of ``sitings`` random divisions over the county's connection points; ``scenarios`` of all
    combinations are drawn with ``seed`` (default all).  ``carrier``, ``kind``, ``storage_percent``, ``storage_h``: as
    ``[[addition]]``.
    """

    counties: tuple[str, ...] = pydantic.Field(min_length=1)
    added_mw: tuple[float, ...] = pydantic.Field(min_length=2)
    plan_mw: dict[str, float] = pydantic.Field(default_factory=dict)
    weather_years: tuple[int, ...] = pydantic.Field(min_length=1)
    demand_pu: tuple[float, ...] = pydantic.Field(default=(1.0,), min_length=1)
    sitings: int = pydantic.Field(default=1, ge=1)
    scenarios: int | None = pydantic.Field(default=None, ge=1)
    seed: int = pydantic.Field(default=1, ge=0)
    carrier: Literal["solar", "wind"] = "solar"
    kind: Literal["utility", "distributed"] = "utility"
    storage_percent: float = pydantic.Field(default=0.0, ge=0)
    storage_h: float = pydantic.Field(default=2.0, gt=0)
    time_limit_s: float | None = pydantic.Field(default=None, gt=0)

    @pydantic.model_validator(mode="after")
    def _in_order(self) -> RiskSection:
        if self.added_mw[0] != 0.0 or list(self.added_mw) != sorted(set(self.added_mw)):
            raise ValueError("added_mw must start at 0 and rise")
        beyond = [c for c, mw in self.plan_mw.items() if not 0.0 <= mw <= self.added_mw[-1]]
        if beyond or set(self.plan_mw) - set(self.counties):
            raise ValueError("plan_mw must name counties of [risk] and stay within added_mw")
        return self
