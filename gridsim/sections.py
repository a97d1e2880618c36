"""The sections of a study file, strict and frozen: unknown keys are refused."""

from __future__ import annotations

from typing import Literal

import pydantic

from gridsim.options import (
    BalanceOptions,
    CommitmentOptions,
    MeasureOptions,
    Penalties,
    ReserveOptions,
    SimulationOptions,
    StorageOptions,
)
from gridsim.year_ranges import years_of_text


class Section(pydantic.BaseModel):
    """A part of the file: unknown keys are refused, values cannot be changed afterwards."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, strict=True)


class NetworkSection(Section):
    """``folder`` of the tables and the ``scenario`` laid over them."""

    folder: str
    scenario: str


class WeatherSection(Section):
    """Where the weather comes from: a folder of canonical files, of EPW, CSV or ERA5 files, or the synthesiser with a
    seed.

    ``year``: one weather year; ``years``: several, as a list or as text (``"2015-2024"``, ``"2015, 2018-2020"``), each
    simulated whole; neither: the typical year.  ``quality``: what weather with errors does (``gridsim weather check``):
    ``stop`` the run, or only ``report`` them.  ``fallback``: source of sites that the first has not got.
    ``one_height``: how wind known at one height is brought to a second.
    """

    folder: str
    source: Literal["files", "synthetic", "epw", "csv", "era5"] = "files"
    fallback: Literal["files", "synthetic", "epw", "csv", "era5"] | None = None
    year: int | None = None
    years: tuple[int, ...] = ()
    seed: int = 1
    quality: Literal["stop", "report"] = "stop"
    one_height: Literal["night_maximum", "constant_exponent"] = "night_maximum"

    @pydantic.field_validator("years", mode="before")
    @classmethod
    def _years_of_text(cls, given: object) -> object:
        """A range or a list as a tuple; nothing and the same year twice are refused."""
        if isinstance(given, tuple):
            return given
        years = years_of_text(given) if isinstance(given, str) else given
        if not isinstance(years, list):
            raise ValueError('give a list of years or a range like "2015-2024"')  # noqa: TRY004 - pydantic's
        if not years:
            raise ValueError("give at least one year, or leave the key out for the typical year")
        twice = sorted({y for y in years if years.count(y) > 1})
        if twice:
            raise ValueError(f"a year stands twice: {', '.join(map(str, twice))}")
        odd = [y for y in years if isinstance(y, int) and not 1900 <= y <= 2200]
        if odd:
            raise ValueError(f"not a weather year: {', '.join(map(str, odd))}")
        return tuple(years)

    @pydantic.model_validator(mode="after")
    def _one_of_both(self) -> WeatherSection:
        if self.years and self.year is not None:
            raise ValueError("give year or years, not both")
        return self


class SeriesSection(Section):
    """Given series: ``available`` power in place of the weather physics of the plants a file names, ``minimum``
    output of thermal plants with every unit on, units ``online`` of thermal plants."""

    available: tuple[str, ...] = ()
    minimum: tuple[str, ...] = ()
    online: tuple[str, ...] = ()


class DemandSection(Section):
    """Demand: measured ``points96`` (one row per day, 96 columns) of areas or loads, averaged to hours with
    ``step_min`` = 60; ``day_to_day``: days follow the ``temperature`` of the weather year or are ``random``
    (``auto``: random in the typical year)."""

    points96: tuple[str, ...] = ()
    step_min: Literal[15, 60] = 15
    day_to_day: Literal["auto", "temperature", "random"] = "auto"


class LimitsSection(Section):
    """Export and import limits of the tie section; absent = as in the tables. [MW]"""

    export_mw: float | None = pydantic.Field(default=None, ge=0)
    import_mw: float | None = pydantic.Field(default=None, ge=0)


class TransitSection(Section):
    """Power that only passes through the grid (过境功率), see :func:`gridsim.interchange.with_transit`. [MW]"""

    p_mw: float
    from_bus: str
    to_bus: str


class HydroSection(Section):
    """Hydro year: dry, normal or wet (枯 / 平 / 丰)."""

    year: Literal["dry", "normal", "wet"] = "normal"


class DispatchSection(Section):
    """See :class:`gridsim.options.DispatchOptions`."""

    window_h: float = pydantic.Field(default=48.0, gt=0)
    step_h: float = pydantic.Field(default=24.0, gt=0)
    rating_power_factor_pu: float = pydantic.Field(default=0.95, gt=0, le=1)
    line_rating: Literal["season", "ambient"] = "season"
    branch_limits: bool = True
    section_limits: bool = True
    outage_limits: bool = True
    initial_energy_pu: float = pydantic.Field(default=0.5, ge=0, le=1)
    final_state: Literal["cyclic", "free"] = "cyclic"
    share: Literal["unique", "vertex"] = "unique"
    sharing_tolerance_cny: float = pydantic.Field(default=0.0, ge=0)
    objective: Literal["cost", "curtailment"] = "cost"
    shedding: Literal["allowed", "forbidden"] = "allowed"
    must_run_cut: Literal["allowed", "forbidden"] = "allowed"


class PenaltiesSection(Section):
    """See :class:`gridsim.options.Penalties`. [CNY/MWh]"""

    import_reduction_cny_per_mwh: float = pydantic.Field(default=Penalties.import_reduction_cny_per_mwh, ge=0)
    curtailment_cny_per_mwh: float = pydantic.Field(default=Penalties.curtailment_cny_per_mwh, ge=0)
    hydro_spill_cny_per_mwh: float = pydantic.Field(default=Penalties.hydro_spill_cny_per_mwh, ge=0)
    import_cut_cny_per_mwh: float = pydantic.Field(default=Penalties.import_cut_cny_per_mwh, ge=0)
    must_run_cut_cny_per_mwh: float = pydantic.Field(default=Penalties.must_run_cut_cny_per_mwh, ge=0)
    reserve_shortage_cny_per_mwh: float = pydantic.Field(default=Penalties.reserve_shortage_cny_per_mwh, ge=0)
    unserved_cny_per_mwh: float = pydantic.Field(default=Penalties.unserved_cny_per_mwh, ge=0)
    storage_wear_cny_per_mwh: float | None = pydantic.Field(default=None, ge=0)
    stored_energy_value_cny_per_mwh: float = pydantic.Field(default=Penalties.stored_energy_value_cny_per_mwh, ge=0)


class DcSection(Section):
    """See :class:`gridsim.options.DcOptions`."""

    susceptance: Literal["reactance", "impedance"] = "reactance"
    tap_ratio: bool = True
    phase_shift: bool = True


class CommitmentSection(Section):
    """See :class:`gridsim.options.CommitmentOptions`."""

    rule: Literal["merit", "all", "given", "milp"] = "merit"
    reserve_percent: float = pydantic.Field(default=CommitmentOptions.reserve_percent, ge=0, le=100)
    wind_credit_pu: float = pydantic.Field(default=CommitmentOptions.wind_credit_pu, ge=0, le=1)
    solar_credit_pu: float = pydantic.Field(default=CommitmentOptions.solar_credit_pu, ge=0, le=1)
    storage_credit_pu: float = pydantic.Field(default=CommitmentOptions.storage_credit_pu, ge=0, le=1)
    min_output_shift_points: float = pydantic.Field(default=0.0, ge=-100, le=100)
    period_h: float = pydantic.Field(default=CommitmentOptions.period_h, gt=0, le=24)
    mip_gap: float = pydantic.Field(default=CommitmentOptions.mip_gap, ge=0, le=1)
    mip_time_limit_s: float = pydantic.Field(default=CommitmentOptions.mip_time_limit_s, gt=0)


class StorageSection(Section):
    """See :class:`gridsim.options.StorageOptions`."""

    pumping: Literal["relaxed", "rounded", "exact"] = "rounded"
    gap_cny: float = pydantic.Field(default=StorageOptions.gap_cny, ge=0)
    dear_cny: float = pydantic.Field(default=StorageOptions.dear_cny, ge=0)
    time_limit_s: float = pydantic.Field(default=StorageOptions.time_limit_s, gt=0)
    use: Literal["as_tables", "provincial", "shared", "dedicated"] = "as_tables"


class ReserveSection(Section):
    """See :class:`gridsim.options.ReserveOptions`."""

    imposed: bool = False
    up_load_percent: float = pydantic.Field(default=ReserveOptions.up_load_percent, ge=0, le=100)
    up_wind_percent: float = pydantic.Field(default=ReserveOptions.up_wind_percent, ge=0, le=100)
    up_solar_percent: float = pydantic.Field(default=ReserveOptions.up_solar_percent, ge=0, le=100)
    down_load_percent: float = pydantic.Field(default=ReserveOptions.down_load_percent, ge=0, le=100)
    down_wind_percent: float = pydantic.Field(default=0.0, ge=0, le=100)
    down_solar_percent: float = pydantic.Field(default=0.0, ge=0, le=100)
    largest_unit: bool = True
    largest_pole: bool = True
    duration_h: float = pydantic.Field(default=ReserveOptions.duration_h, gt=0, le=24)
    curtailment_credit_pu: float = pydantic.Field(default=1.0, ge=0, le=1)


class BalanceSection(Section):
    """See :class:`gridsim.options.BalanceOptions`."""

    load_reserve_percent: float = pydantic.Field(default=BalanceOptions.load_reserve_percent, ge=0, le=100)
    accident_reserve_percent: float = pydantic.Field(default=BalanceOptions.accident_reserve_percent, ge=0, le=100)
    credit: Literal["assumed", "simulated"] = "assumed"
    wind_capacity_credit_pu: float = pydantic.Field(default=BalanceOptions.wind_capacity_credit_pu, ge=0, le=1)
    solar_capacity_credit_pu: float = pydantic.Field(default=BalanceOptions.solar_capacity_credit_pu, ge=0, le=1)
    wind_noon_capacity_credit_pu: float = pydantic.Field(
        default=BalanceOptions.wind_noon_capacity_credit_pu, ge=0, le=1
    )
    solar_noon_capacity_credit_pu: float = pydantic.Field(
        default=BalanceOptions.solar_noon_capacity_credit_pu, ge=0, le=1
    )
    guarantee_percent: float = pydantic.Field(default=BalanceOptions.guarantee_percent, gt=0, lt=100)


class TargetSection(Section):
    """Curtailment target and how many weather years a pass needs."""

    curtailment_percent: float = pydantic.Field(default=5.0, gt=0, le=100)
    min_weather_years: int = pydantic.Field(default=5, ge=1)


class AcSection(Section):
    """AC power flow of every step and N-1 of some; without them the verdict is at best conditional.

    ``contingencies``: hours of the N-1; ``rounds``, ``margin_percent``: tightening of limits of branches that AC finds
    overloaded; see :class:`gridsim.options.SimulationOptions`.
    """

    enabled: bool = True
    contingencies: Literal["none", "selected", "all"] = "selected"
    rounds: int = pydantic.Field(default=SimulationOptions.ac_rounds, ge=0)
    margin_percent: float = pydantic.Field(default=SimulationOptions.ac_margin_percent, ge=0, lt=50)


class ReportSection(Section):
    """Language and formats of the report; ``template``: a Word file with your own letterhead, beside the study file."""

    lang: Literal["zh", "en"] = "zh"
    formats: tuple[Literal["html", "docx", "xlsx"], ...] = ("html", "docx", "xlsx")
    template: str | None = None


class CurtailmentSection(Section):
    """What counts as a system cause: planned outages of the table ``branch_outage`` that the study declares exempt.

    ``exempt_outages`` are names of branches; what their outages curtail is listed apart and in no rate of the verdict.
    Default: they count, listed apart.  Limits that were agreed or chosen stand in the table ``special_limit``.
    """

    exempt_outages: tuple[str, ...] = ()


class Change(Section):
    """One changed cell of a table: ``[[change]] table, name, column, value``."""

    table: str
    name: str
    column: str
    value: float | int | str | bool


class ScaleSection(Section):
    """Growth of what the tables hold: ``demand_pu`` times peak and energy of every demand, both areas."""

    demand_pu: float = pydantic.Field(default=1.0, gt=0)


Carrier = Literal["solar", "wind"]


class AdditionEntry(Section):
    """``[[addition]]``: new wind or sun in a county, see :class:`gridsim.growth.Addition`."""

    county: str
    p_mw: float = pydantic.Field(ge=0)
    carrier: Carrier = "solar"
    kind: Literal["utility", "distributed"] = "utility"
    rule: Literal["existing", "headroom", "one_point", "random"] = "existing"
    bus: str | None = None
    seed: int = pydantic.Field(default=1, ge=0)
    storage_percent: float = pydantic.Field(default=0.0, ge=0)
    storage_h: float = pydantic.Field(default=2.0, gt=0)


Scalar = bool | int | float | str


class SweepPoint(Section):
    """A named point of an axis: dotted keys of the study and their values."""

    label: Scalar
    set: dict[str, Scalar]


class SweepAxis(Section):
    """An axis of a sweep: one ``key`` with ``values`` or ``start, stop, step`` (stop included), or named points."""

    name: str
    key: str | None = None
    values: tuple[Scalar, ...] = ()
    start: float | None = None
    stop: float | None = None
    step: float | None = pydantic.Field(default=None, gt=0)
    point: tuple[SweepPoint, ...] = ()

    @pydantic.model_validator(mode="after")
    def _one_way(self) -> SweepAxis:
        given = [bool(self.values), self.start is not None, bool(self.point)]
        if sum(given) != 1:
            raise ValueError("give one of: values; start, stop and step; [[sweep.axis.point]]")
        if self.start is not None and (self.stop is None or self.step is None or self.stop < self.start):
            raise ValueError("a range needs start, stop (not below start) and step")
        if bool(self.point) == (self.key is not None):
            raise ValueError("values and ranges need a key, points bring their own")
        return self


class SweepSample(Section):
    """``cases`` of the matrix drawn without putting back, with a ``seed``; their order stays that of the matrix."""

    cases: int = pydantic.Field(gt=0)
    seed: int = 1


class SweepSection(Section):
    """A matrix of cases, see :mod:`gridsim.sweep.matrix`.

    ``combine``: every point of an axis with every point of the others, or the first with the first (axes of equal
    length); ``exclude``: combinations of labels that are left out; ``time_limit_s``: a case that takes longer is given
    up; ``keep``: of every case its headline figures, its tables (up to 1,000 rows) too, or its whole results folder.
    """

    axis: tuple[SweepAxis, ...] = pydantic.Field(min_length=1)
    combine: Literal["product", "zip"] = "product"
    exclude: tuple[dict[str, Scalar], ...] = ()
    sample: SweepSample | None = None
    time_limit_s: float | None = pydantic.Field(default=None, gt=0)
    keep: Literal["summary", "tables", "folder"] = "tables"


class MeasuresSection(Section):
    """See :class:`gridsim.options.MeasureOptions`; remedies of your own are ``[[measure]]``."""

    from_ledger: bool = True
    most: int = pydantic.Field(default=MeasureOptions.most, ge=0)
    most_of_a_kind: int = pydantic.Field(default=MeasureOptions.most_of_a_kind, ge=1)
    pairs_of: int = pydantic.Field(default=MeasureOptions.pairs_of, ge=0)
    rank_by: Literal["both", "city", "cost"] = "both"
    interest_percent: float = pydantic.Field(default=MeasureOptions.interest_percent, ge=0, le=100)
    smallest_mwh: float = pydantic.Field(default=MeasureOptions.smallest_mwh, ge=0)
    battery_h: float = pydantic.Field(default=MeasureOptions.battery_h, gt=0)
    thermal_points: float = pydantic.Field(default=MeasureOptions.thermal_points, gt=0, le=100)
    thermal_floor_percent: float = pydantic.Field(default=MeasureOptions.thermal_floor_percent, ge=0, le=100)
    shift_percent: float = pydantic.Field(default=MeasureOptions.shift_percent, gt=0, le=100)
    section_percent: float = pydantic.Field(default=MeasureOptions.section_percent, gt=0)
    earlier_years: int = pydantic.Field(default=MeasureOptions.earlier_years, ge=1)


class MeasureEntry(Section):
    """A remedy of the planner's own for ``gridsim measures``, see docs/howto_measures.md.

    ``element`` is what it is about: a line, transformer unit, section, plant, store or demand, for a battery a bus or
    a node area.  ``capital_cny`` and ``life_years`` stand in place of the table ``measure_cost``.
    """

    kind: Literal[
        "line_uprate",
        "second_circuit",
        "trafo_unit",
        "section_limit",
        "battery",
        "thermal_minimum",
        "pumped_storage",
        "demand_shift",
        "storage_use",
        "cells",
    ]
    name: str | None = None
    element: str | None = None
    p_mw: float | None = pydantic.Field(default=None, gt=0)
    duration_h: float | None = pydantic.Field(default=None, gt=0)
    std_type: str | None = None
    min_p_pu: float | None = pydantic.Field(default=None, ge=0, le=1)
    use: Literal["provincial", "shared", "dedicated"] | None = None
    to_hour: int | None = pydantic.Field(default=None, ge=0, le=23)
    from_hour: int | None = pydantic.Field(default=None, ge=0, le=23)
    hours: int | None = pydantic.Field(default=None, ge=1, le=12)
    change: tuple[Change, ...] = ()
    capital_cny: float | None = pydantic.Field(default=None, ge=0)
    life_years: float | None = pydantic.Field(default=None, gt=0)
