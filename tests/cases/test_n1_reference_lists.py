"""AC N-1 of the six reference hours, both years: the lists of the planning model's own checks, element by element.

The expected figures are those of the planning model's electrical checks after the repair of the tables: N-1 from load
alone (wind = sun = 0), the highest loading over all hours at 500, 220 and 110 kV, 110/10 kV units left out; and the
spring noon with plan wind and sun.  Taps and banks stay after the outage and reactive limits are not enforced anew,
here as there.

Lines agree to 0.2 points.  Three-winding units carry reactive power that depends on where banks and taps stand; gridsim
finds their positions with its own control, and those units agree to 1.7 points.  A radial outage is another matter:
there all standby ties are closed at once and the loadings checked (新泉 and 岭北 133 %), here what is cut off is listed
with the ties that can take over (tests/unit/test_n1.py), so those two are not in the list.
"""

import re
from pathlib import Path

import numpy as np
import pytest
from test_ac_reference_hours import COLUMNS, HOURS, RULES, operate

from gridsim.ac import HourlyControl, check_ac
from gridsim.ac.contingency import check_contingencies
from gridsim.ac.dispatched import Operation
from gridsim.ac.tables import element_facts
from gridsim.network import read_network

YUEYANG = Path(__file__).parents[2] / "networks" / "yueyang"
LINE_POINTS, UNIT_POINTS = 0.2, 1.7
#: elements above 100 % (both of a pair) -> highest loading, outage's twin included; and the highest of each class below
OVER = {
    "2025": {"经开一站-四化建I回(旧)": 120.5, "峡山#2主变": 117.2, "护城-章华I回(旧)": 107.6, "文里#2主变": 102.1},
    "2030": {"华容二站-治河渡I回": 107.7},
}
#: highest loading by (kV, table): 500 kV transformers, 220 kV lines, 220 kV transformers
HIGHEST = {
    "2025": {(500, "trafo3w"): 78.3, (220, "line"): 84.5, (220, "trafo3w"): 117.2},
    "2030": {(500, "trafo3w"): 37.7, (220, "line"): 88.3, (220, "trafo3w"): 97.5, (500, "line"): 65.6},
}


def n1(network, name: str, **changes: float) -> dict[str, tuple[float, str, float, str]]:
    """Loading after the worst outage, outage, nominal voltage and table by element, 110/10 kV units left out."""
    hour = dict(zip(COLUMNS, HOURS[name])) | changes
    given, _ = operate(network, hour)
    season = np.array([hour["season"]])
    control = HourlyControl(heavy=np.array([hour["load"] > 0.6]), rules=RULES)
    state = check_ac(network, **given, season=season, control=control)
    found = check_contingencies(
        network, Operation(**given).settled(state), positions=state.positions, season=season, workers=1
    )
    assert found.diverged.empty
    facts, tally = element_facts(found.elements, network), found.tally.loading
    rows = np.flatnonzero((tally.outage >= 0) & (facts["element_type"] != "trafo").to_numpy())
    names = facts["element"].to_numpy()
    return {
        names[k]: (
            float(100 * np.sqrt(max(tally.value[k], 0.0))),
            str(names[found.outages[tally.outage[k]].element]),
            float(facts["vn_kv"].iloc[k]),
            str(facts["element_type"].iloc[k]),
        )
        for k in rows
    }


def _of(element: str) -> str:
    """Corridor or station of a circuit or unit: 护城-章华II回(旧) -> 护城-章华, 文里#2主变 -> 文里."""
    return re.split(r"#|I+回", element)[0]


@pytest.mark.parametrize("year", ["2025", "2030"])
def test_load_alone(year):
    network, best = read_network(YUEYANG, year), {}
    for name in HOURS:
        for element, row in n1(network, name, wind=0.0, utility=0.0, distributed=0.0).items():
            best[element] = max(best.get(element, row), row)
    for element, expected in OVER[year].items():
        points = LINE_POINTS if best[element][3] == "line" else UNIT_POINTS
        assert best[element][0] == pytest.approx(expected, abs=points), element
    over = {element for element, row in best.items() if row[0] > 100.0}
    twins = over | {best[element][1] for element in over}
    assert over == twins, "circuits and units of a pair overload each other"
    assert {_of(e) for e in over} == {_of(e) for e in OVER[year]}
    for (kv, kind), expected in HIGHEST[year].items():
        highest = max(row[0] for row in best.values() if (row[2], row[3]) == (kv, kind))
        assert highest == pytest.approx(expected, abs=LINE_POINTS if kind == "line" else UNIT_POINTS), (kv, kind)


def test_spring_noon_with_plan_wind_and_sun():
    """2025: nothing above 100 %.  2030: 钱粮湖 103 %; two pairs of units at 100.5 and 101.7 %, there 98-99 %."""
    assert max(row[0] for row in n1(read_network(YUEYANG, "2025"), "spring_nopump").values()) < 100.0
    found = n1(read_network(YUEYANG, "2030"), "spring_nopump")
    assert found["华容二站-钱粮湖I回"][0] == pytest.approx(103.0, abs=0.5)
    assert found["华容二站-钱粮湖I回"][1] == "华容二站-钱粮湖II回"
    over = {element for element, row in found.items() if row[0] > 100.0 + UNIT_POINTS + 0.1}
    assert over == {"华容二站-钱粮湖I回", "华容二站-钱粮湖II回"}
