"""The sections of a study file, strict and frozen: unknown keys are refused."""

from __future__ import annotations

from typing import Literal

import pydantic

from gridsim.options import (
    BalanceOptions,
    CommitmentOptions,
    Penalties,
    ReserveOptions,
    SimulationOptions,
    StorageOptions,
)


class Section(pydantic.BaseModel):
    """A part of the file: unknown keys are refused, values cannot be changed afterwards."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, strict=True)


class NetworkSection(Section):
    """``folder`` of the tables and the ``scenario`` laid over them."""

    folder: str
    scenario: str


class WeatherSection(Section):
    """Where the weather comes from: a folder of canonical files, or the synthesiser with a seed."""

    folder: str
    source: Literal["files", "synthetic"] = "files"
    year: int | None = None
    seed: int = 1


class SeriesSection(Section):
    """Given series: ``available`` power in place of the weather physics of the plants a file names, ``minimum``
    output of thermal plants with every unit on, units ``online`` of thermal plants."""

    available: tuple[str, ...] = ()
    minimum: tuple[str, ...] = ()
    online: tuple[str, ...] = ()


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
    """Language of the report."""

    lang: Literal["zh", "en"] = "zh"


class Change(Section):
    """One changed cell of a table: ``[[change]] table, name, column, value``."""

    table: str
    name: str
    column: str
    value: float | int | str | bool
