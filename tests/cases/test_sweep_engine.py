"""What may happen to a case happens to it, on a real Dask cluster of spawned workers: nothing is lost or hangs."""

from __future__ import annotations

import collections
from collections.abc import Iterator
from pathlib import Path

import dask
import pytest
import sweep_tasks
from distributed import Client

from gridsim.errors import InvalidInput
from gridsim.study import Study
from gridsim.sweep import engine
from gridsim.sweep.engine import connected, run_jobs
from gridsim.sweep.folder import Failure
from gridsim.sweep.task import Job

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=":")  # workers import the tasks
        with connected(None, 2) as made:
            yield made


def results(
    client: Client, folder: Path, behaviours: list[str], time_limit_s: float | None = None
) -> dict[str, bytes | Failure]:
    """What became of one case per behaviour; a case that ended twice fails the test."""
    study = Study.model_construct()
    jobs = [Job(f"{k}-{folder.name}", {"does": does}, study, "summary", str(folder)) for k, does in
            enumerate(behaviours)]  # fmt: skip
    ended: dict[str, list[bytes | Failure]] = collections.defaultdict(list)
    run_jobs(client, jobs, lambda key, result: ended[key].append(result), time_limit_s=time_limit_s,
             task=sweep_tasks.tell)  # fmt: skip
    assert {key: len(several) for key, several in ended.items()} == {job.key: 1 for job in jobs}
    return {job.labels["does"]: ended[job.key][0] for job in jobs}


def test_every_end_is_told_apart_and_the_others_go_on(client, tmp_path):
    found = results(client, tmp_path, ["works", "clashes", "misspelt", "untrusted", "breaks", "works too"])
    assert found["works"] == f"0-{tmp_path.name} works".encode()
    assert isinstance(found["works too"], bytes)
    kinds = {does: end.kind for does, end in found.items() if isinstance(end, Failure)}
    assert kinds == {"clashes": "no_optimum", "misspelt": "input", "untrusted": "untrusted", "breaks": "error"}
    said = {does: end.message for does, end in found.items() if isinstance(end, Failure)}
    assert "汨罗-屈原I回" in said["clashes"]
    assert said["misspelt"].count("demand.csv, row 3") == 2  # both problems, not only the first
    assert "ZeroDivisionError: division by zero (sweep_tasks.py:" in said["breaks"]


def test_a_worker_that_dies_costs_its_case_a_second_start_only(client, tmp_path):
    """The worker is killed in mid-case, as by kill -9: Dask starts the case again, the others are done once."""
    found = results(client, tmp_path, ["works", "kills its first worker", "works too", "and too"])
    assert all(isinstance(end, bytes) for end in found.values())
    starts = collections.Counter(path.name.split(".")[0] for path in tmp_path.iterdir())
    assert starts[f"1-{tmp_path.name}"] == 2


def test_a_case_that_takes_every_worker_with_it_is_given_up(client, tmp_path):
    found = results(client, tmp_path, ["kills its worker", "works", "works too"])
    lost = found["kills its worker"]
    assert isinstance(lost, Failure)
    assert lost.kind == "lost"
    assert isinstance(found["works"], bytes)
    assert isinstance(found["works too"], bytes)


def test_a_case_that_never_ends_is_given_up_and_its_worker_works_on(client, tmp_path):
    found = results(client, tmp_path, ["never ends", "works", "works too", "and too"], time_limit_s=3.0)
    late = found["never ends"]
    assert isinstance(late, Failure)
    assert (late.kind, late.message) == ("time_limit", "took longer than 3 s and was given up")
    assert all(isinstance(end, bytes) for does, end in found.items() if does != "never ends")
    after = tmp_path / "after"
    after.mkdir()
    assert all(isinstance(end, bytes) for end in results(client, after, ["works", "works too"]).values())


def test_a_worker_that_the_scheduler_knows_by_another_name_ends_no_sweep():
    """After a sleep of the machine workers have registered anew: restarting the old name is a KeyError of Dask's."""

    class Slept:
        def restart_workers(self, *_: object, **__: object) -> None:
            raise KeyError("tcp://127.0.0.1:37785")

    class Case:
        def cancel(self, **_: object) -> None:
            self.gone = True

    case = Case()
    engine._give_up(Slept(), case, "tcp://127.0.0.1:37785")
    assert case.gone


def test_more_cases_than_are_in_flight(client, tmp_path):
    found = results(client, tmp_path, [f"works {k}" for k in range(40)])
    assert len(found) == 40
    assert all(isinstance(end, bytes) for end in found.values())


def test_a_cluster_that_is_given_is_used(client, tmp_path):
    with connected(client.scheduler.address, None) as second:
        assert second.scheduler.address == client.scheduler.address
        assert isinstance(results(second, tmp_path, ["works"])["works"], bytes)


def test_nobody_at_the_address():
    before = dask.config.get("scheduler", None)
    with pytest.raises(InvalidInput, match="nobody answers at"), connected("not an address", None):
        pass
    assert dask.config.get("scheduler", None) == before  # nothing global is left behind


def test_two_sweeps_on_one_machine_have_a_dashboard_each(client):
    """A port that is taken is no warning (which the tests would count as an error) and no failure."""
    with connected(None, 1) as second:
        assert second.dashboard_link != client.dashboard_link
