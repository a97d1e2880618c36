"""Options of a simulation: frozen, keyword-only, every default with its reason."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Penalties:
    """Prices that put the last resorts in order (lowest first). [CNY/MWh]

    Import reduction < curtailment < hydro spill < cutting fixed imports < cutting must-run output < reserve
    shortage < unserved demand; the order is dispatch practice, the figures are assumed.  ``storage_wear`` is paid per
    MWh charged; None takes the smallest price at which turning surplus into storage loss does not pay,
    1.05 * hydro_spill * (1 - round-trip efficiency).  An infinite price of the last three means *never*: the window
    has no optimum rather than unserved demand or a cut import.
    """

    import_reduction_cny_per_mwh: float = 150.0
    curtailment_cny_per_mwh: float = 200.0
    hydro_spill_cny_per_mwh: float = 260.0
    import_cut_cny_per_mwh: float = 1500.0
    must_run_cut_cny_per_mwh: float = 2000.0
    reserve_shortage_cny_per_mwh: float = 3000.0
    unserved_cny_per_mwh: float = 10000.0
    storage_wear_cny_per_mwh: float | None = None
    stored_energy_value_cny_per_mwh: float = 170.0


@dataclass(frozen=True, kw_only=True)
class CommitmentOptions:
    """Which thermal units are on.

    ``merit``, the closed-form daily merit order: units are taken in cost order, after must-run units, until the
    available capacity reaches (1 + reserve) times the day's largest net demand, and times its mean net demand
    (stores give power, no energy).  Credits say which share of the day's wind and sun may be counted on: one minus
    the reserve held for their forecast error (30 % of wind, 10 % of sun, assumed).

    Attributes
    ----------
    rule : str
        ``"merit"``; ``"all"``: every unit that maintenance leaves is on; ``"given"``: the series ``online``;
        ``"milp"``: a unit commitment with start costs, least times up and down, ramps and reserve, which takes the
        place of ``reserve_percent`` and the credits.
    period_h : float
        Units start and stop at the beginning of such periods (``milp``). [h]
    mip_gap : float
        Relative gap that has to be proven for every window (``milp``).
    mip_time_limit_s : float
        A window without that gap by then stops the run. [s]
    reserve_percent : float
        Spinning and accident reserve on net demand.
    storage_credit_pu : float
        Share of the stores' firm power that is counted on.
    min_output_shift_points : float
        Added to the minimum output of coal units, in percentage points (for sensitivities).
    """

    rule: str = "merit"
    reserve_percent: float = 8.0
    wind_credit_pu: float = 0.70
    solar_credit_pu: float = 0.90
    storage_credit_pu: float = 1.0
    min_output_shift_points: float = 0.0
    period_h: float = 24.0
    mip_gap: float = 1e-3
    mip_time_limit_s: float = 300.0


@dataclass(frozen=True, kw_only=True)
class ReserveOptions:
    """Spinning reserve over both areas, up and down, as rows of the dispatch.

    Up: the largest of (a) shares of demand and of available wind and sun, (b) the largest unit that is on, (c) one
    pole of a DC link at its schedule.  Down: shares of demand and of available wind and sun.  Figures: 3 % of demand +
    10 % of wind + 5 % of sun up, 2 % of demand down (planning practice, assumed).  What is short is paid at
    ``Penalties.reserve_shortage_cny_per_mwh`` and reported.

    Attributes
    ----------
    imposed : bool
        Whether the dispatch holds it.
    duration_h : float
        How long a store must be able to give its reserve from the energy it has (or has room for).
    curtailment_credit_pu : float
        Share of curtailed power that counts up and of curtailable power that counts down.
    """

    imposed: bool = False
    up_load_percent: float = 3.0
    up_wind_percent: float = 10.0
    up_solar_percent: float = 5.0
    down_load_percent: float = 2.0
    down_wind_percent: float = 0.0
    down_solar_percent: float = 0.0
    largest_unit: bool = True
    largest_pole: bool = True
    duration_h: float = 1.0
    curtailment_credit_pu: float = 1.0


@dataclass(frozen=True, kw_only=True)
class DcOptions:
    """Which linear flow a branch has: flow = b (theta_from - theta_to - shift). Published tables differ by it.

    Attributes
    ----------
    susceptance : str
        ``"reactance"``: b = 1/x (MATPOWER, pandapower, PyPSA); ``"impedance"``: b = x / (r^2 + x^2) (PowerModels).
    tap_ratio : bool
        Whether b is divided by the off-nominal ratio of a transformer (PowerModels' DC model leaves it out).
    phase_shift : bool
        Whether phase shifts count (PowerModels' DC model and PyPSA's optimisation leave them out).
    """

    susceptance: str = "reactance"
    tap_ratio: bool = True
    phase_shift: bool = True


@dataclass(frozen=True, kw_only=True)
class StorageOptions:
    """How machines of fixed charging power (units of pumped storage) and directions are decided.

    Attributes
    ----------
    pumping : str
        ``"relaxed"``: any power up to the pumps' total (a bound, cheaper than any real schedule).  ``"rounded"``: LP,
        then the number of pumping units of every step by the rule of :mod:`gridsim.dispatch.machines`, then LP again.
        ``"exact"``: mixed-integer program per window with a proven gap.
    gap_cny : float
        The search of ``"exact"`` ends when a window is proven to be this close to its optimum: 5,000 is 25 MWh of
        curtailment and 0.004 % of the cost of a window of Yueyang. [CNY]
    dear_cny : float
        A window whose rounding costs more than this against any pump power is solved as exact to half of it, if that is
        proven in time: half a million is 50 MWh unserved (Yueyang's dearest rounding costs 0.15 million). [CNY]
    time_limit_s : float
        A window whose gap is not proven in this time is refused, not accepted. [s]
    use : str
        Whose relief it is when a store of the city charges: ``"as_tables"`` (column ``use`` of each store), or
        ``"provincial"``, ``"shared"``, ``"dedicated"`` for all of them.  Decides who is cut, not how much
        (:mod:`gridsim.dispatch.credit`); without effect where the shares are those of the vertex.
    """

    pumping: str = "rounded"
    gap_cny: float = 5000.0
    dear_cny: float = 500_000.0
    time_limit_s: float = 600.0
    use: str = "as_tables"


@dataclass(frozen=True, kw_only=True)
class DispatchOptions:
    """Options of :func:`gridsim.dispatch.solve_dispatch`.

    Attributes
    ----------
    window_h, step_h : float
        Length of a window and of the part of it that is kept. [h]
    rating_power_factor_pu : float
        Active share of a rating in the DC model (cos phi); AC judges the rest.
    line_rating : str
        ``"season"`` (ampacity of the tables for the season) or ``"ambient"`` (that at 25 degC, corrected to the air
        temperature of every step: :mod:`gridsim.ratings`).
    branch_limits, section_limits, outage_limits : bool
        Whether these limits are imposed: ratings of branches, transfer sections, ratings after the outage of any
        one circuit or transformer unit (N-1; only together with the ratings).
    initial_energy_pu : float
        Stored energy at the start of the year, of the usable energy; the year ends where it began.
    final_state : str
        ``"cyclic"`` or ``"free"``.
    share : str
        ``"unique"`` (definition of equal shares) or ``"vertex"`` (as the LP gave it; for plain LP comparisons).
    sharing_tolerance_cny : float
        How much of a window's cost may be given up for more equal shares; 0 = equal shares cost nothing. [CNY]
    objective : str
        ``"cost"`` or ``"curtailment"`` (curtailed energy of both areas is the only cost).
    reserve : ReserveOptions
        Spinning reserve.
    dc : DcOptions
        Susceptance, taps and phase shifts of the flow model.
    shedding : str
        ``"allowed"`` (demand may stay unserved at its price; any of it is an unmet clause of the verdict) or
        ``"forbidden"`` (a window that needs it has no solution: exit code 3 with what clashes).
    must_run_cut : str
        The same for output that nobody can turn down in a normal hour: committed plant below its minimum, wind and
        sun that are not controllable.  The last resort in a surplus, used only in steps that have no schedule without
        it; any of it is an unmet clause of the verdict.
    storage : StorageOptions
        Machines of fixed power.
    """

    window_h: float = 48.0
    step_h: float = 24.0
    rating_power_factor_pu: float = 0.95
    line_rating: str = "season"
    branch_limits: bool = True
    section_limits: bool = True
    outage_limits: bool = True
    initial_energy_pu: float = 0.5
    final_state: str = "cyclic"
    share: str = "unique"
    sharing_tolerance_cny: float = 0.0
    objective: str = "cost"
    shedding: str = "allowed"
    must_run_cut: str = "allowed"
    violation_tolerance_mw: float = 1e-3
    penalties: Penalties = field(default_factory=Penalties)
    commitment: CommitmentOptions = field(default_factory=CommitmentOptions)
    reserve: ReserveOptions = field(default_factory=ReserveOptions)
    dc: DcOptions = field(default_factory=DcOptions)
    storage: StorageOptions = field(default_factory=StorageOptions)

    @classmethod
    def plain(cls) -> DispatchOptions:
        """Textbook multi-period DC-OPF: fuel is the only cost, one window over the whole horizon, every unit on.

        For cases of other tools: no penalty, no value of stored energy, no wear, pumps at any power, ratings in MW as
        they stand, the vertex the LP gave.  Demand is served and imports flow as given, or there is no optimum.  Change
        single options with :func:`dataclasses.replace`, e.g. ``replace(DispatchOptions.plain(), final_state="free")``.
        """
        return cls(
            window_h=math.inf,
            step_h=math.inf,
            rating_power_factor_pu=1.0,
            share="vertex",
            shedding="forbidden",
            must_run_cut="forbidden",
            outage_limits=False,
            penalties=Penalties(
                import_reduction_cny_per_mwh=0.0,
                curtailment_cny_per_mwh=0.0,
                hydro_spill_cny_per_mwh=0.0,
                import_cut_cny_per_mwh=math.inf,
                unserved_cny_per_mwh=math.inf,
                storage_wear_cny_per_mwh=0.0,
                stored_energy_value_cny_per_mwh=0.0,
            ),
            commitment=CommitmentOptions(rule="all"),
            storage=StorageOptions(pumping="relaxed"),
        )


@dataclass(frozen=True, kw_only=True)
class BalanceOptions:
    """Power balance (电力平衡): reserve, and what may be counted on of wind and sun (置信容量).

    Attributes
    ----------
    load_reserve_percent, accident_reserve_percent : float
        Of the load; planning practice 2-5 and 8-10 (assumed 3 and 8).  The accident reserve is at least the largest
        unit or pole of a link.  Maintenance is in the calendar and has no reserve of its own.
    credit : str
        ``"assumed"`` (shares of what is installed, below) or ``"simulated"`` (what all plants of an area together
        exceed in ``guarantee_percent`` of the hours around the moment's time of day in its month).
    wind_capacity_credit_pu, solar_capacity_credit_pu : float
        Of what is installed; 0.05 and 0 at an evening peak are planners' figures (not verified).
    wind_noon_capacity_credit_pu, solar_noon_capacity_credit_pu : float
        The same from 10 to 15 h (assumed).
    guarantee_percent : float
        Share of hours in which the simulated output is exceeded.
    """

    load_reserve_percent: float = 3.0
    accident_reserve_percent: float = 8.0
    credit: str = "assumed"
    wind_capacity_credit_pu: float = 0.05
    solar_capacity_credit_pu: float = 0.0
    wind_noon_capacity_credit_pu: float = 0.05
    solar_noon_capacity_credit_pu: float = 0.2
    guarantee_percent: float = 95.0


@dataclass(frozen=True, kw_only=True)
class MeasureOptions:
    """Which remedies :func:`gridsim.measures.rank_measures` makes of the ledger, and how it ranks them.

    Attributes
    ----------
    from_ledger : bool
        Whether candidates are made of the ledger's rows beside those the study gives.
    most : int
        Candidates of the ledger that are simulated: the largest of each kind first, then by potential.
    most_of_a_kind : int
        Of them so many of one kind at most, as long as other kinds have candidates left.
    pairs_of : int
        All pairs of so many best remedies are simulated.
    rank_by : str
        What the order of the table and of the pairs goes by: curtailment avoided in ``"both"`` areas or in the
        ``"city"``, or ``"cost"`` per MWh avoided in both areas.
    interest_percent : float
        Interest of the annuity (assumed).
    smallest_mwh : float
        Ledger rows below this get no candidate; less avoided than this is no effect. [MWh/a]
    battery_h : float
        Hours a candidate battery lasts at its power.  Its power is the median of what is cut when it is.
    thermal_points, thermal_floor_percent : float
        By how much candidates lower the minimum output of a plant, and the least they leave.
    shift_percent : float
        Share of the peak of a demand that candidates move into the hours with the most surplus.
    section_percent : float
        By how much candidates raise the limits of a section.
    earlier_years : int
        Pumped storage due at most so many years after the scenario's year may come earlier.
    """

    from_ledger: bool = True
    most: int = 10
    most_of_a_kind: int = 3
    pairs_of: int = 3
    rank_by: str = "both"
    interest_percent: float = 6.0
    smallest_mwh: float = 10.0
    battery_h: float = 4.0
    thermal_points: float = 10.0
    thermal_floor_percent: float = 20.0
    shift_percent: float = 2.0
    section_percent: float = 20.0
    earlier_years: int = 3


@dataclass(frozen=True, kw_only=True)
class SimulationOptions:
    """Options of :func:`gridsim.case.simulate`.

    Attributes
    ----------
    hydro_year : str
        ``"dry"``, ``"normal"`` or ``"wet"`` (枯 / 平 / 丰).
    ac : bool
        Whether every step gets an AC power flow.  Without it no verdict better than conditional is possible.
    ac_rounds : int
        Most rounds in which limits of branches that AC finds overloaded are tightened and the dispatch solved again;
        0 = none.  A round takes away most of what is left; what is still above 100 % after them is listed.
    ac_margin_percent : float
        How far below its rating a tightened limit aims, so that rounding does not cost another round.
    contingencies : str
        Hours of the AC N-1: ``"selected"`` (top load, top reverse flow, top curtailment, four typical days: about
        100 hours, a few seconds), ``"all"`` or ``"none"``.  Without it, or without ``ac``, no verdict better than
        conditional is possible.
    before_redispatch : bool
        Whether the AC power flow is also run on a dispatch without limits of branches, to list what would be
        overloaded if nobody were cut for the local grid: a comparison, no result rests on it.
    """

    hydro_year: str = "normal"
    ac: bool = True
    ac_rounds: int = 5
    ac_margin_percent: float = 0.1
    contingencies: str = "selected"
    before_redispatch: bool = True
    dispatch: DispatchOptions = field(default_factory=DispatchOptions)
    balance: BalanceOptions = field(default_factory=BalanceOptions)
