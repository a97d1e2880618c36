"""What the manifest says of a run is counted from the run."""

from __future__ import annotations

import dataclasses

import gridsim.run_year
from gridsim.checks import Check
from gridsim.study import read_study


def test_steps_that_charge_and_discharge_are_counted(tiny_run):
    case = tiny_run.case
    study = read_study(tiny_run.study)
    assert gridsim.run_year.manifest_of(study, case, case.checks, {})["simultaneous_steps_left"] == 0
    key = next(k for k in case.dispatch.flow_mw if k.endswith(".charge"))
    other = key.replace(".charge", ".discharge")
    flows = dict(case.dispatch.flow_mw)
    for name in (key, other):
        frame = flows[name].copy()
        frame.iloc[[5, 9, 20], 0] = 1.0
        flows[name] = frame
    broken = dataclasses.replace(case, dispatch=dataclasses.replace(case.dispatch, flow_mw=flows))
    before = ((case.dispatch.flow_mw[key] > 1e-3) & (case.dispatch.flow_mw[other] > 1e-3)).sum().sum()
    assert before == 0
    assert gridsim.run_year.manifest_of(study, broken, case.checks, {})["simultaneous_steps_left"] == 3


def test_one_failed_check_is_told(tiny_run):
    case = tiny_run.case
    study = read_study(tiny_run.study)
    checks = (*case.checks, Check("causes", 1.0, 0.0, "here"))
    assert gridsim.run_year.manifest_of(study, case, case.checks, {})["checks_ok"]
    assert not gridsim.run_year.manifest_of(study, case, checks, {})["checks_ok"]


def test_every_file_that_was_read_has_its_hash(tiny_run):
    manifest = gridsim.run_year.manifest_of(read_study(tiny_run.study), tiny_run.case, (), {})
    assert set(tiny_run.case.network.files) | set(tiny_run.case.drivers.files) <= set(manifest["inputs"])
    assert tiny_run.case.drivers.files
