"""Results of a sweep as tidy tables: a row a case, what failed, the tables of single cases, two sweeps side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gridsim.errors import InvalidInput, Problem
from gridsim.sections import Scalar
from gridsim.sweep import folder as store
from gridsim.sweep.case_file import read_tables

#: columns of the tidy table that say how a case went, after its axes
MEASURED = ("seconds", "processor_s", "worker_peak_mb")


@dataclass(frozen=True)
class Sweep:
    """A sweep on disk, as it stands: open it again to see more.

    Attributes
    ----------
    folder : Path
    plan : Plan
    rows : mapping of key to the row of each finished case of the plan
    failed : mapping of key to the failure of each case of the plan without result
    """

    folder: Path
    plan: store.Plan
    rows: Mapping[str, Mapping[str, Any]]
    failed: Mapping[str, store.Failure]

    def table(self) -> pd.DataFrame:
        """One row per case in the order of the plan: axes, ``status`` (done, failed, open), headline figures, times.

        Columns of figures are those of ``summary.json``; of a case without result they are empty.
        """
        rows = []
        for case in self.plan.cases:
            row = self.rows.get(case.key)
            status = "done" if row else "failed" if case.key in self.failed else "open"
            figures = {} if row is None else {**row["figures"], **{m: row[m] for m in MEASURED}}
            rows.append({**case.labels, "status": status, **figures, "key": case.key})
        return pd.DataFrame(rows)

    def failures(self) -> pd.DataFrame:
        """Failed cases: axes, ``kind``, ``message``."""
        rows = [
            {**case.labels, "kind": self.failed[case.key].kind, "message": self.failed[case.key].message}
            for case in self.plan.cases
            if case.key in self.failed
        ]
        return pd.DataFrame(rows, columns=[*self.plan.axes, "kind", "message"])

    def case(self, **labels: Scalar) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
        """Summary and tables of the one finished case with these labels.

        Raises
        ------
        InvalidInput
            No case, or more than one, has these labels; or it is not finished.
        """
        found = [c for c in self.plan.cases if all(c.labels.get(axis) == label for axis, label in labels.items())]
        if len(found) != 1:
            what = f"{len(found)} cases have the labels {labels}"
            raise InvalidInput([Problem(str(self.folder), what, f"give a label for each of: {self.plan.axes}")])
        if found[0].key not in self.rows:
            raise InvalidInput([Problem(str(self.folder), f"{found[0].name} has no result", "run the sweep on")])
        return read_tables(store.case_path(self.folder, found[0].key))

    def tables(self, name: str) -> pd.DataFrame:
        """One table of all finished cases below each other, the axes as its first columns."""
        parts = []
        for case in self.plan.cases:
            if case.key in self.rows:
                table = read_tables(store.case_path(self.folder, case.key))[1].get(name)
                if table is not None and len(table):
                    parts.append(pd.DataFrame({a: [v] * len(table) for a, v in case.labels.items()}).join(table))
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=self.plan.axes)

    def counts(self) -> dict[str, int]:
        """Numbers of cases: ``cases, done, failed, open``."""
        done, failed = len(self.rows), len(self.failed)
        return {"cases": len(self.plan.cases), "done": done, "failed": failed,
                "open": len(self.plan.cases) - done - failed}  # fmt: skip


def open_sweep(folder: str | Path) -> Sweep:
    """A sweep's folder as it stands, finished or not.

    Raises
    ------
    InvalidInput
        If the folder holds no sweep.
    """
    root = Path(folder)
    plan = store.read_plan(root)
    keys = [case.key for case in plan.cases]
    rows = store.index_rows(root, keys)
    failed = {k: f for k, f in store.failures(root).items() if k in set(keys) - set(rows)}
    return Sweep(root, plan, rows, failed)


def compare_sweeps(first: Sweep, second: Sweep) -> pd.DataFrame:
    """Figures of two sweeps with the same axes, case by case: long, with the difference.

    Returns
    -------
    DataFrame
        The axes, ``figure, first, second, difference``; cases that only one of them has finished have an empty side.
    """
    axes = first.plan.axes
    if second.plan.axes != axes:
        what = f"the axes differ: {axes} and {second.plan.axes}"
        raise InvalidInput([Problem(str(second.folder), what, "compare sweeps over the same axes")])
    long = [_long(sweep, axes, side) for sweep, side in ((first, "first"), (second, "second"))]
    both = long[0].merge(long[1], on=[*axes, "figure"], how="outer", sort=False)
    return both.assign(difference=both["second"] - both["first"])


def _long(sweep: Sweep, axes: list[str], side: str) -> pd.DataFrame:
    table = sweep.table()
    numbers = [c for c in table.columns if c not in (*axes, *MEASURED) and table[c].dtype == np.float64]
    return table.melt(id_vars=axes, value_vars=numbers, var_name="figure", value_name=side)
