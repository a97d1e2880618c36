"""Tests import their helpers (``toy``, ``fake_findings``) by name from these folders.

The whole suite runs in two processes, a file in one of them (what a file prepares once is prepared once); one process
for what is named on the command line and for benchmarks, which would measure each other.

With GRIDSIM_REQUIRED=1 (set by .ci/run) a test that is skipped fails: what CI leaves out is not tested.
"""

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
for folder in (HERE, HERE / "cases"):
    sys.path.insert(0, str(folder))
# Last, so that an installed gridsim is tested and not the folder of the same name.
sys.path.append(str(HERE.parent))

#: processes of the whole suite: two cores, and about 2 GB each in the tests of whole years
PROCESSES = 2
REQUIRED = os.environ.get("GRIDSIM_REQUIRED") == "1"


def pytest_xdist_auto_num_workers(config):
    """Processes that ``-n auto`` stands for; 0: none beside this one."""
    named = config.args_source is not pytest.Config.ArgsSource.TESTPATHS
    return 0 if named or "bench" in config.option.markexpr.replace("not bench", "") else PROCESSES


def _refuse_skip(report):
    """A skipped test or module as a failed one, with the reason it gave."""
    if REQUIRED and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"required test skipped: {report.longrepr[-1]}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    return _refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    return _refuse_skip((yield))
