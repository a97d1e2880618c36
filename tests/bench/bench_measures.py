"""Time of a ranking of measures on Yueyang, on demand: ``python tests/bench/bench_measures.py [--study PATH]``.

Ten measures and the pairs of the best three, read to tables, without the report.  Target: 3 minutes on 2 cores.  Wall
time counts on an idle machine; where others hold the cores, the processor time of this process and its workers over the
cores is what it would need.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

from gridsim.batch import cores
from gridsim.measures import rank_measures
from gridsim.study import read_study

STUDY = Path(__file__).parents[2] / "studies" / "yueyang_2030.toml"


def main() -> None:
    """Print wall and processor time and what was simulated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, default=STUDY)
    parser.add_argument("--processes", type=int, default=None)
    given = parser.parse_args()
    started = time.perf_counter()
    findings = rank_measures(read_study(given.study), processes=given.processes)
    wall = time.perf_counter() - started
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    here, workers = (u.ru_utime + u.ru_stime for u in used)
    years = len(findings.tables["measures"]) + len(findings.tables["measures_pairs"])
    print(f"{years} years beside the base case: wall {wall:.0f} s")
    print(f"processor time: {here:.0f} s here, {workers:.0f} s in workers")
    print(f"on {given.processes or cores()} idle cores about {here + workers / (given.processes or cores()):.0f} s")
    print(findings.tables["measures"][["rank", "measure", "avoided_city_mwh", "avoided_both_mwh"]].to_string())


if __name__ == "__main__":
    main()
