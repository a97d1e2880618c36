"""The matrix of a sweep: products, zips, ranges, named points, exclusions, samples; mistakes all at once."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny_study

from gridsim.errors import InvalidInput
from gridsim.keys import code_hash
from gridsim.study import Study, read_study
from gridsim.sweep.keys import case_keys
from gridsim.sweep.matrix import sweep_cases, with_overrides

EXPORT = '[[sweep.axis]]\nname = "export_mw"\nkey = "limits.export_mw"\nvalues = [30.0, 45.0, 60.0]\n'
DEMAND = '[[sweep.axis]]\nname = "demand"\nkey = "scale.demand_pu"\nstart = 0.95\nstop = 1.05\nstep = 0.05\n'
NAMED = """[[sweep.axis]]
name = "storage"
[[sweep.axis.point]]
label = "as built"
set = { "storage.use" = "as_tables" }
[[sweep.axis.point]]
label = "for the city"
set = { "storage.use" = "dedicated", "hydro.year" = "wet" }
"""


def study(folder: Path, text: str) -> Study:
    path = tiny_study.write_study(folder)
    path.write_text(tiny_study.STUDY + text, "utf-8")
    return read_study(path)


def names(folder: Path, text: str) -> list[str]:
    return [case.name for case in sweep_cases(study(folder, text))]


def test_product_in_the_order_of_the_axes(tmp_path):
    cases = sweep_cases(study(tmp_path, "[sweep]\n" + EXPORT + DEMAND))
    assert len(cases) == 9
    assert [tuple(c.labels.values()) for c in cases[:4]] == [(30.0, 0.95), (30.0, 1.0), (30.0, 1.05), (45.0, 0.95)]
    assert cases[3].study.limits.export_mw == 45.0
    assert cases[3].study.scale.demand_pu == 0.95
    assert cases[3].study.sweep is None


def test_zip_pairs_the_points(tmp_path):
    assert names(tmp_path, '[sweep]\ncombine = "zip"\n' + EXPORT + DEMAND) == [
        "export_mw 30.0, demand 0.95", "export_mw 45.0, demand 1.0", "export_mw 60.0, demand 1.05",
    ]  # fmt: skip


def test_named_points_set_several_keys(tmp_path):
    first, second = sweep_cases(study(tmp_path, "[sweep]\n" + NAMED))
    assert (first.study.storage.use, first.study.hydro.year) == ("as_tables", "normal")
    assert (second.study.storage.use, second.study.hydro.year) == ("dedicated", "wet")
    assert second.labels == {"storage": "for the city"}


def test_exclusions_leave_out_combinations(tmp_path):
    left = names(tmp_path, "[sweep]\nexclude = [{ export_mw = 30.0, demand = 1.0 }, { export_mw = 60.0 }]\n"
                 + EXPORT + DEMAND)  # fmt: skip
    assert len(left) == 9 - 1 - 3
    assert "export_mw 30.0, demand 1.0" not in left


def test_a_sample_is_the_same_every_time_and_in_order(tmp_path):
    text = "[sweep]\nsample = { cases = 4, seed = 7 }\n" + EXPORT + DEMAND
    drawn = names(tmp_path, text)
    assert drawn == names(tmp_path, text)
    assert len(set(drawn)) == 4
    every = names(tmp_path, "[sweep]\n" + EXPORT + DEMAND)
    assert [n for n in every if n in drawn] == drawn
    other = names(tmp_path, text.replace("seed = 7", "seed = 8"))
    assert other != drawn


def test_all_mistakes_of_a_matrix_at_once(tmp_path):
    text = """[sweep]
combine = "zip"
exclude = [{ export_mw = 31.0 }]
[[sweep.axis]]
name = "export_mw"
key = "limits.exprt_mw"
values = [30.0, 30.0]
[[sweep.axis]]
name = "hydro"
key = "hydro.year"
values = ["dry", "damp", "wet"]
"""
    with pytest.raises(InvalidInput) as bad:
        sweep_cases(study(tmp_path, text))
    said = "\n".join(str(p) for p in bad.value.problems)
    assert "did you mean 'export_mw'" in said
    assert "'damp'" in said
    assert "different length (export_mw 2, hydro 3)" in said
    assert "two points called 30.0" in said
    assert "no point export_mw = 31.0" in said


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        ('name = "x"\nkey = "limits.export_mw"', "give one of"),
        ('name = "x"\nvalues = [1.0]', "need a key"),
        ('name = "x"\nkey = "limits.export_mw"\nstart = 1.0\nstop = 3.0', "needs start, stop"),
    ],
)
def test_an_axis_is_given_in_one_way(tmp_path, axis, message):
    with pytest.raises(InvalidInput, match=message):
        study(tmp_path, "[sweep]\n[[sweep.axis]]\n" + axis + "\n")


def test_two_axes_may_not_set_the_same_key(tmp_path):
    again = EXPORT.replace('"export_mw"', '"again"', 1)
    with pytest.raises(InvalidInput, match=r"both set limits\.export_mw"):
        sweep_cases(study(tmp_path, "[sweep]\n" + EXPORT + again))


def test_a_study_without_sweep(tmp_path):
    with pytest.raises(InvalidInput, match="has no sweep"):
        sweep_cases(study(tmp_path, ""))


def test_overrides_reach_into_lists(tmp_path):
    asked = study(tmp_path, '[[addition]]\ncounty = "东县"\np_mw = 0.0\n')
    assert with_overrides(asked, {"addition.0.p_mw": 12.0}).addition[0].p_mw == 12.0
    with pytest.raises(InvalidInput, match="'1' is unknown"):
        with_overrides(asked, {"addition.1.p_mw": 12.0})


# --- keys --------------------------------------------------------------------------------------------------------


def keys(asked: Study) -> list[str]:
    return case_keys(sweep_cases(asked))


def test_keys_say_what_determines_a_case_and_nothing_else(tmp_path):
    """The name of a study, where it lies and the language of its report change no key; a cell, a value, a series do."""
    text = "[sweep]\n" + EXPORT
    first = keys(study(tmp_path / "a", text))
    assert len(set(first)) == 3
    assert keys(study(tmp_path / "b", text + '[report]\nlang = "en"\n')) == first
    fewer = study(tmp_path / "c", text.replace("30.0, 45.0, ", ""))
    assert keys(fewer) == first[2:]
    cell = tmp_path / "a" / "network" / "base" / "demand.csv"
    cell.write_text(cell.read_text("utf-8").replace("430", "431"), "utf-8")
    assert not set(keys(read_study(tmp_path / "a" / "study.toml"))) & set(first)
    series = tmp_path / "b" / "series.csv"
    series.write_text(series.read_text("utf-8").replace("0.0", "0.1", 1), "utf-8")
    assert not set(keys(read_study(tmp_path / "b" / "study.toml"))) & set(first)


def test_two_equal_cases_are_refused(tmp_path):
    same = '[[sweep.axis]]\nname = "x"\n' + "".join(
        f'[[sweep.axis.point]]\nlabel = "{label}"\nset = {{ "limits.export_mw" = 30.0 }}\n' for label in "ab"
    )
    with pytest.raises(InvalidInput, match="'x a' and 'x b' are the same"):
        keys(study(tmp_path, "[sweep]\n" + same))


def test_code_hash_is_stable_within_a_process():
    assert code_hash() == code_hash()
