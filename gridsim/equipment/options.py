"""What a planner may set of the equipment level, and the section of a study file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pydantic

from gridsim.sections import Section

#: editions of DL/T 2041 that can be chosen
EDITIONS = ("2025", "2019")


@dataclass(frozen=True, kw_only=True)
class EquipmentOptions:
    """Figures of the guide that a planner may set.

    Attributes
    ----------
    edition : str
        Edition whose grades and open capacities are the county's headline, ``"2025"`` or ``"2019"``; the tables of both
        are always made.
    margin_pu : float
        k_r of 2019 (设备运行裕度系数).
    reverse_limit_pu : float
        Largest reverse load rate beta of a single unit, or of units that run split.
    parallel_kv : tuple of float
        Levels whose units run in parallel: there beta is what the rest may carry when the largest unit is lost,
        (S - S_largest) / S, at most ``reverse_limit_pu``.
    cos_phi : float
    months : tuple of int
        Months that are assessed (a quarter: 1, 2, 3).  Empty: all year for 2019, spring and autumn for 2025.
    storage_min_pu, storage_max_pu : float
        Share of the stores' charging power that counts at the lower and the upper end of the interval of S_d.  The
        lower end decides C1, C2 and the grade: 0, as if no store charged just then.
    new_storage_mw : float
        Charging power of new stores per zone (dP); counted with the same shares.
    new_storage : str
        Public readings of the edition of 2025 disagree where dP stands: ``"inside"`` the fraction (divided by tau) or
        added ``"after"`` the division.
    tau_max_pu : float
        Where no distributed generation is installed.
    failed_checks : str
        What a failed check (short circuit, voltage rise) does: ``"listed"`` in columns of its own, or ``"red"``.
        Listed by default: the checks rest on assumed machines, an assumed outside grid and assumed limits.
    short_circuit_limit_ka : mapping of kV to kA
        Breaking capacities (assumed: usual ceilings).
    voltage_limit_percent : mapping of kV to per cent
        Largest rise up to this nominal voltage: GB/T 12325 allows 7 % up to 20 kV, and both deviations together 10 %
        from 35 kV.
    """

    edition: str = "2025"
    margin_pu: float = 0.8
    reverse_limit_pu: float = 0.8
    parallel_kv: tuple[float, ...] = (220.0,)
    cos_phi: float = 0.95
    months: tuple[int, ...] = ()
    storage_min_pu: float = 0.0
    storage_max_pu: float = 1.0
    new_storage_mw: float = 0.0
    new_storage: str = "inside"
    tau_max_pu: float = 0.8
    failed_checks: str = "listed"
    short_circuit_limit_ka: Mapping[float, float] = field(
        default_factory=lambda: {10.0: 20.0, 110.0: 40.0, 220.0: 50.0}
    )
    voltage_limit_percent: Mapping[float, float] = field(default_factory=lambda: {20.0: 7.0, 1000.0: 10.0})


class EquipmentSection(Section):
    """See :class:`gridsim.equipment.EquipmentOptions`: the equipment level of hosting capacity (DL/T 2041)."""

    edition: Literal["2025", "2019"] = "2025"
    margin_pu: float = pydantic.Field(default=EquipmentOptions.margin_pu, gt=0, le=1)
    reverse_limit_pu: float = pydantic.Field(default=EquipmentOptions.reverse_limit_pu, gt=0, le=1)
    parallel_kv: tuple[float, ...] = EquipmentOptions.parallel_kv
    cos_phi: float = pydantic.Field(default=EquipmentOptions.cos_phi, gt=0, le=1)
    months: tuple[int, ...] = ()
    storage_min_pu: float = pydantic.Field(default=EquipmentOptions.storage_min_pu, ge=0, le=1)
    storage_max_pu: float = pydantic.Field(default=EquipmentOptions.storage_max_pu, ge=0, le=1)
    new_storage_mw: float = pydantic.Field(default=EquipmentOptions.new_storage_mw, ge=0)
    new_storage: Literal["inside", "after"] = "inside"
    tau_max_pu: float = pydantic.Field(default=EquipmentOptions.tau_max_pu, gt=0, le=1)
    failed_checks: Literal["listed", "red"] = "listed"
    short_circuit_limit_10_ka: float = pydantic.Field(default=20.0, gt=0)
    short_circuit_limit_110_ka: float = pydantic.Field(default=40.0, gt=0)
    short_circuit_limit_220_ka: float = pydantic.Field(default=50.0, gt=0)

    @pydantic.field_validator("months")
    @classmethod
    def _months_exist(cls, months: tuple[int, ...]) -> tuple[int, ...]:
        if not set(months) <= set(range(1, 13)):
            raise ValueError("months are 1 to 12")
        return months

    def options(self) -> EquipmentOptions:
        """The options that the section sets."""
        limits = {kv: getattr(self, f"short_circuit_limit_{kv:g}_ka") for kv in (10.0, 110.0, 220.0)}
        given = self.model_dump(exclude={f"short_circuit_limit_{kv:g}_ka" for kv in limits})
        return EquipmentOptions(**given, short_circuit_limit_ka=limits)
