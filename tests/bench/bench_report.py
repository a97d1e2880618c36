"""Time of the reports of a results folder: chapters, figures, and each format. [s of the process]

    python tests/bench/bench_report.py out/yueyang_2030 [--repeat 3]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from gridsim.report import write_report
from gridsim.store import read_findings


def seconds(work: Callable[[], object], repeat: int) -> float:
    """Median of the processor time."""
    found = []
    for _ in range(repeat):
        started = time.process_time()
        work()
        found.append(time.process_time() - started)
    return statistics.median(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    asked = parser.parse_args()
    findings = read_findings(asked.folder)
    for formats in (("html",), ("docx",), ("xlsx",), ("html", "docx", "xlsx")):
        with tempfile.TemporaryDirectory() as folder:
            took = seconds(lambda: write_report(findings, folder, formats=formats), asked.repeat)  # noqa: B023
            sizes = {p.name: round(p.stat().st_size / 1e6, 2) for p in sorted(Path(folder).glob("report.*"))}
        print(f"{' + '.join(formats)}: {took:.1f} s of the process, {sizes} MB")


if __name__ == "__main__":
    main()
