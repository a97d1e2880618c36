"""The sections of a study file about hosting capacity: of a county, of all together, and its risk."""

from __future__ import annotations

from typing import Literal

import pydantic

from gridsim.sections import Carrier, Section

#: what a rate may cover
Cover = Literal["city", "county", "both_areas"]


class HostingMix(Section):
    """A technology mix: shares of a MW that add up to 1, and the storage that is required with it.

    ``storage_percent`` of the capacity with ``storage_h`` hours at full power (15 % x 2 h are usual terms).
    """

    name: str
    utility_pv_pu: float = pydantic.Field(default=0.0, ge=0, le=1)
    distributed_pv_pu: float = pydantic.Field(default=0.0, ge=0, le=1)
    wind_pu: float = pydantic.Field(default=0.0, ge=0, le=1)
    storage_percent: float = pydantic.Field(default=0.0, ge=0, le=100)
    storage_h: float = pydantic.Field(default=2.0, gt=0)

    @pydantic.model_validator(mode="after")
    def _whole(self) -> HostingMix:
        if abs(self.utility_pv_pu + self.distributed_pv_pu + self.wind_pu - 1.0) > 1e-9:
            raise ValueError("utility_pv_pu, distributed_pv_pu and wind_pu must add up to 1")
        return self


class HostingSection(Section):
    """Hosting capacity of counties (``gridsim hosting``); the target is that of ``[target]``.

    ``counties``: default all; ``mix``: ``[[hosting.mix]]``, default utility photovoltaics without storage.
    ``max_mw``: upper end of the search; ``step_mw``: capacities are whole multiples of it, simulated at the capacity
    and one step above.  ``rule``: how new MW are spread over a county's connection points
    (:class:`gridsim.growth.Addition`).  ``rate_over``: what must keep the target, every one of them: the city, the
    county itself, both areas.  ``readings``: accounting/scope that are searched to one step; the others are read off
    the same simulated points, with the bracket that these leave.  ``method``: ``secant`` or plain ``bisection``; the
    answer is the same.  ``grid``: so many evenly spaced points are simulated first, to see whether there is more than
    one crossing.  ``spare_small``: new violations that are no more than what worse means are listed and end no capacity
    (:func:`gridsim.hosting.violations.compared`).
    """

    counties: tuple[str, ...] = ()
    mix: tuple[HostingMix, ...] = (HostingMix(name="utility_pv", utility_pv_pu=1.0),)
    max_mw: float = pydantic.Field(default=2000.0, gt=0)
    step_mw: float = pydantic.Field(default=1.0, gt=0)
    rule: Literal["existing", "headroom"] = "headroom"
    rate_over: tuple[Cover, ...] = pydantic.Field(default=("city", "county"), min_length=1)
    readings: tuple[Literal["pro_rata/all", "pro_rata/local", "marginal/all", "marginal/local"], ...] = (
        "pro_rata/all",
    )
    method: Literal["secant", "bisection"] = "secant"
    grid: int = pydantic.Field(default=0, ge=0, le=50)
    spare_small: bool = False


class JointSection(Section):
    """Hosting capacity of all counties together (``gridsim hosting --joint``), see gridsim.hosting.joint.

    ``mix``: one of ``[[hosting.mix]]``, default the first.  ``step_mw``: totals are whole multiples of it, added to
    what is planned.  ``share_pu``: county and its share of the total, for the answer with fixed shares (default: in
    proportion to what each county takes alone); ``plan_mw``: county and what it gets at least in the answer with free
    shares.
    """

    mix: str | None = None
    step_mw: float = pydantic.Field(default=10.0, gt=0)
    share_pu: dict[str, float] = pydantic.Field(default_factory=dict)
    plan_mw: dict[str, float] = pydantic.Field(default_factory=dict)

    @pydantic.model_validator(mode="after")
    def _whole(self) -> JointSection:
        if self.share_pu and abs(sum(self.share_pu.values()) - 1.0) > 1e-6:
            raise ValueError("share_pu must add up to 1")
        if min([0.0, *self.share_pu.values(), *self.plan_mw.values()]) < 0.0:
            raise ValueError("share_pu and plan_mw must not be negative")
        return self


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
    carrier: Carrier = "solar"
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
