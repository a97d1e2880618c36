"""A study: one question in a TOML file, strict and frozen; paths are relative to the file."""

from __future__ import annotations

import difflib
import hashlib
import tomllib
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pydantic

from gridsim.electrical import SEASONS
from gridsim.equipment import EquipmentSection
from gridsim.errors import InvalidInput, Problem, raise_if
from gridsim.growth import Addition, with_additions, with_demand
from gridsim.hosting_sections import HostingSection, JointSection, RiskSection
from gridsim.interchange import LIMITS, with_tie_limits, with_transit
from gridsim.network import Network, read_network
from gridsim.options import (
    BalanceOptions,
    CommitmentOptions,
    DcOptions,
    DispatchOptions,
    MeasureOptions,
    Penalties,
    ReserveOptions,
    SimulationOptions,
    StorageOptions,
)
from gridsim.sections import (
    AcSection,
    AdditionEntry,
    BalanceSection,
    Change,
    CommitmentSection,
    CurtailmentSection,
    DcSection,
    DemandSection,
    DispatchSection,
    HydroSection,
    LimitsSection,
    MeasureEntry,
    MeasuresSection,
    NetworkSection,
    PenaltiesSection,
    ReportSection,
    ReserveSection,
    ScaleSection,
    Section,
    SeriesSection,
    StorageSection,
    SweepSection,
    TargetSection,
    TransitSection,
    WeatherSection,
)


class Study(Section):
    """A study file; ``path`` and ``sha256`` say which one."""

    name: str
    network: NetworkSection
    weather: WeatherSection
    series: SeriesSection = SeriesSection()
    demand: DemandSection = DemandSection()
    limits: LimitsSection = LimitsSection()
    transit: TransitSection | None = None
    hydro: HydroSection = HydroSection()
    dispatch: DispatchSection = DispatchSection()
    penalties: PenaltiesSection = PenaltiesSection()
    commitment: CommitmentSection = CommitmentSection()
    reserve: ReserveSection = ReserveSection()
    dc: DcSection = DcSection()
    storage: StorageSection = StorageSection()
    balance: BalanceSection = BalanceSection()
    equipment: EquipmentSection = EquipmentSection()
    curtailment: CurtailmentSection = CurtailmentSection()
    target: TargetSection = TargetSection()
    ac: AcSection = AcSection()
    report: ReportSection = ReportSection()
    scale: ScaleSection = ScaleSection()
    change: tuple[Change, ...] = ()
    addition: tuple[AdditionEntry, ...] = ()
    sweep: SweepSection | None = None
    measures: MeasuresSection = MeasuresSection()
    hosting: HostingSection = HostingSection()
    joint: JointSection = JointSection()
    risk: RiskSection | None = None
    measure: tuple[MeasureEntry, ...] = ()
    path: Path = pydantic.Field(default=Path("study.toml"), strict=False)
    sha256: str = ""

    def resolve(self, relative: str) -> Path:
        """A path of the study, relative to the study file."""
        return (self.path.parent / relative).resolve()

    def options(self) -> SimulationOptions:
        """Options of the simulation."""
        dispatch = DispatchOptions(
            **self.dispatch.model_dump(),
            penalties=Penalties(**self.penalties.model_dump()),
            commitment=CommitmentOptions(**self.commitment.model_dump()),
            reserve=ReserveOptions(**self.reserve.model_dump()),
            dc=DcOptions(**self.dc.model_dump()),
            storage=StorageOptions(**self.storage.model_dump()),
        )
        return SimulationOptions(
            hydro_year=self.hydro.year,
            ac=self.ac.enabled,
            ac_rounds=self.ac.rounds,
            ac_margin_percent=self.ac.margin_percent,
            contingencies=self.ac.contingencies,
            dispatch=dispatch,
            balance=BalanceOptions(**self.balance.model_dump()),
        )

    def measure_options(self) -> MeasureOptions:
        """Options of :func:`gridsim.measures.rank_measures`."""
        return MeasureOptions(**self.measures.model_dump())

    def with_changes(self, **sections: dict[str, Any]) -> Study:
        """A copy with some keys of some sections replaced, e.g. ``with_changes(limits={"export_mw": 5000})``."""
        update: dict[str, Any] = {}
        for name, values in sections.items():
            section = getattr(self, name)
            if not isinstance(section, Section):
                update[name] = values
                continue
            update[name] = type(section)(**{**section.model_dump(), **values})
        return self.model_copy(update=update)


def read_study(path: str | Path) -> Study:
    """Read a study file.

    Raises
    ------
    InvalidInput
        With every misspelt key, missing key and wrong value at once.
    """
    path = Path(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InvalidInput(
            [Problem(str(path), f"the file cannot be read ({error.strerror})", "Give the path of a study file (.toml)")]
        ) from None
    try:
        text = raw.decode("utf-8-sig")
        content = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise InvalidInput(
            [Problem(path.name, f"byte {error.start} is not UTF-8", "Save the study file as UTF-8")]
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput([Problem(path.name, f"not valid TOML: {error}", "Mend the line named")]) from None
    problems = [
        Problem(path.name, "this key is set by the reader", "Remove it", column=k)
        for k in ("path", "sha256")
        if k in content
    ]
    content = {k: v for k, v in content.items() if k not in ("path", "sha256")}
    content = {key: _tuples(value) for key, value in content.items()}
    try:
        study = Study(**content, path=path.resolve(), sha256=hashlib.sha256(raw).hexdigest())
    except pydantic.ValidationError as error:
        lines = _lines(text)
        problems += [_problem(path.name, e, lines) for e in error.errors()]
    if problems:
        raise InvalidInput(problems)
    return study


def _tuples(value: Any) -> Any:
    """Lists of a TOML file as tuples, all the way down: a study is frozen."""
    if isinstance(value, dict):
        return {key: _tuples(inner) for key, inner in value.items()}
    return tuple(_tuples(inner) for inner in value) if isinstance(value, list) else value


def _lines(text: str) -> dict[str, int]:
    """Line of every key and section of a TOML file by its dotted place, e.g. ``target``, ``change.1.value``."""
    lines: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.split("#")[0].strip()
        if bare.startswith("[["):
            name = bare.strip("[] ")
            section = f"{name}.{sum(k.rpartition('.')[0] == name for k in lines)}"
            lines[section] = number
        elif bare.startswith("["):
            section = bare.strip("[] ")
            lines[section] = number
        elif "=" in bare:
            key = bare.split("=")[0].strip(" \"'")
            lines[f"{section}.{key}" if section else key] = number
    return lines


def _problem(file: str, error: Any, lines: dict[str, int]) -> Problem:
    """One pydantic error in a planner's words, with the line of the key or of the section around it."""
    place = [str(p) for p in error["loc"]]
    key = ".".join(place)
    known = [lines[k] for n in range(len(place), 0, -1) if (k := ".".join(place[:n])) in lines]
    row = str(known[0]) if known else ""
    if error["type"] == "extra_forbidden":
        close = difflib.get_close_matches(place[-1], _keys(place[:-1]), n=1)
        fix = f"Did you mean {close[0]!r}?" if close else "Known keys: " + ", ".join(_keys(place[:-1]))
        return Problem(file, f"unknown key {place[-1]!r}", fix, row=row, column=key)
    if error["type"] == "missing":
        return Problem(file, "this key is missing", "Add it", row=row, column=key)
    return Problem(file, f"{error['msg']}; got {error['input']!r}", "Correct the value", row=row, column=key)


def _keys(section: list[str]) -> list[str]:
    """Known keys of a section given by its path."""
    model: type[Section] | None = Study
    for name in section:
        if model is None:
            return []
        if not name.isdigit():
            field = model.model_fields.get(name)
            model = None if field is None else _section_in(field.annotation)
    return [] if model is None else [k for k in model.model_fields if k not in ("path", "sha256")]


def _section_in(annotation: Any) -> type[Section] | None:
    """The section that an annotation holds: itself, or inside a tuple or a union."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next((found for inner in typing.get_args(annotation) if (found := _section_in(inner))), None)


def study_network(study: Study, *, read: Callable[..., Network] = read_network) -> Network:
    """The study's network in its scenario, with the study's limits and changed cells.

    ``read`` stands in for :func:`gridsim.network.read_network`.

    Raises
    ------
    InvalidInput
        Problems of the tables and of the study's changes.
    """
    network = read(study.resolve(study.network.folder), scenario=study.network.scenario)
    problems: list[Problem] = []
    for change in study.change:
        network = _changed(network, change, study.path.name, problems)
    if problems:
        raise InvalidInput(problems)
    if study.scale.demand_pu != 1.0:
        network = with_demand(network, study.scale.demand_pu)
    new = [Addition(**entry.model_dump()) for entry in study.addition]
    network = with_additions(network, new, file=study.path.name)
    network = _with_exempt_outages(network, study.curtailment.exempt_outages, study.path.name)
    network = _with_tie_limits(network, study.limits)
    through = study.transit
    return with_transit(network, **through.model_dump(), file=study.path.name) if through else network


def _changed(network: Network, change: Change, file: str, problems: list[Problem]) -> Network:
    table = network.tables.get(change.table)
    known = {
        "table": list(network.tables),
        "column": [] if table is None else list(table.columns),
        "name": [] if table is None else [str(n) for n in table.get("name", [])],
    }
    for key in ("table", "column", "name"):
        value = getattr(change, key)
        if value not in known[key]:
            close = difflib.get_close_matches(value, known[key], n=1)
            problems.append(
                Problem(
                    file,
                    f"unknown {key} {value!r}",
                    f"Did you mean {close[0]!r}?" if close else f"Give a {key} of the network",
                    column=f"change.{key}",
                )
            )
            return network
    if change.table == "section" and change.column in LIMITS:
        seasons = network["section_season"].loc[network["section_season"]["section"] == change.name, "season"]
        if set(seasons) == set(SEASONS):
            what = f"section {change.name!r} has limits for every season, which stand in place of this one"
            fix = "set [limits] export_mw / import_mw for a tie, or change the table section_season"
            problems.append(Problem(file, what, fix, column="change.column"))
    return network.with_cells(change.table, pd.DataFrame([{"name": change.name, change.column: change.value}]))


def _with_exempt_outages(network: Network, names: tuple[str, ...], file: str) -> Network:
    """Planned outages of some branches declared exempt.  Raises InvalidInput for a branch without planned outage."""
    if not names:
        return network
    outages = network["branch_outage"]
    known = set(outages["element"])
    fix = f"planned outages are: {', '.join(sorted(known)) or 'none'}"
    raise_if(
        [
            Problem(file, f"branch {name!r} has no planned outage", fix, column="curtailment.exempt_outages")
            for name in names
            if name not in known
        ]
    )
    exempt = outages["exempt"] | outages["element"].isin(names)
    return network.with_table("branch_outage", outages.assign(exempt=exempt))


def _with_tie_limits(network: Network, limits: LimitsSection) -> Network:
    """Tie sections with other limits, the same all year: export is the positive direction."""
    given = {"max_p_mw": limits.export_mw, "min_p_mw": None if limits.import_mw is None else -limits.import_mw}
    given = {column: value for column, value in given.items() if value is not None}
    return with_tie_limits(network, lambda old: old.assign(**given)) if given else network
