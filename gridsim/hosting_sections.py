"""The section of a study file about hosting capacity."""

from __future__ import annotations

from typing import Literal

import pydantic

from gridsim.sections import Section

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
    one crossing.
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
