"""Rules of the house (docs/conventions.md) that can be read off the files."""

from __future__ import annotations

import ast
import csv
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridsim.devices import DEVICES
from gridsim.schema import TABLES
from gridsim.units import has_unit

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "gridsim"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST_MODULE, LONGEST_FUNCTION, LARGEST_FILE = 400, 60, 2 * 2**20

#: device types, and the table of a device that is no block of its own
DEVICE_NAMES = {*DEVICES, "thermal"}
#: places where a device is declared, an outside format mapped or a remedy made: they name devices by nature
DECLARING = ("devices", "interop", "measures", "report", "weather", "schema")
#: stage modules that name devices all the same, and why; a name that is not here fails
NAMED = {
    "ac/reactive.py": ({"load"}, "demand has a power factor, devices have rules"),
    "adequacy/energy.py": ({"load"}, "utilisation is asked for by item of the balance"),
    "adequacy/power.py": ({"load"}, "load is an item of the balance"),
    "adequacy/regulation.py": (
        {"load", "thermal", "hydro", "external", "pumped_storage", "battery"},
        "columns of the sheet of a planning report",
    ),
    "adequacy/moments.py": ({"load"}, "load is an item of the balance"),
    "balance.py": ({"load", "hydro", "wind", "solar", "thermal"}, "columns of the balance tables"),
    "checks.py": ({"load"}, "shed demand comes back at the loads; written apart from the model on purpose"),
    "demand_input.py": ({"load"}, "measured series of single loads"),
    "dispatch/dc.py": ({"load"}, "an area is a mixture of its loads"),
    "explain.py": ({"hydro", "thermal"}, "items of the balance and of the room below them"),
    "drivers.py": ({"wind", "solar"}, "weather sites are asked for by the tables that have a site"),
    "generation.py": ({"wind", "solar"}, "registry of the weather physics"),
    "overview.py": ({"load", "wind", "solar"}, "county table: demand, wind, solar of each kind"),
    "plant_checks.py": ({"external"}, "poles of DC links; written apart from the model on purpose"),
    "short_circuit.py": (
        {"thermal", "hydro", "pumped_storage", "wind", "solar", "battery"},
        "what feeds a fault: machines by class, converters by current",
    ),
    "hosting/mix.py": ({"wind", "solar", "load"}, "carriers that a mix is made of, and who is connected at all"),
    "hosting_sections.py": ({"solar"}, "what a study of risk adds unless it says so"),
    "growth.py": ({"wind", "solar", "battery"}, "new plants of a county, and the store that comes with them"),
    "inventory/horizons.py": ({"load"}, "growth is that of the peaks of the loads"),
    "inventory/output.py": ({"solar", "load"}, "sun is judged by the hours that have some; demand of the loads"),
    "inventory/plants.py": (
        {"wind", "solar", "thermal", "hydro", "external"},
        "kinds of plants by which capacity is listed, each from the column that tells them",
    ),
    "plausibility.py": ({"load"}, "demand per area"),
    "points96.py": ({"load"}, "a header that names what the 96 points are of"),
    "profiles.py": ({"load", "hydro", "external", "thermal", "wind", "solar"}, "one series maker per kind of series"),
    "sensitivity.py": ({"pumped_storage"}, "the definition names it: pumped storage one year late"),
    "sections.py": (
        {"wind", "solar", "battery", "pumped_storage"},
        "carriers of the new plants and kinds of remedies that a study may give",
    ),
    "station_demand.py": ({"load"}, "demand is shared among loads"),
    "series.py": ({"thermal"}, "whose minimum output and units on may be given"),
    "interchange.py": ({"transit"}, "a study may add a row to that table"),
    "sweep/shared.py": ({"wind", "solar", "battery"}, "tables whose rows change neither weather nor demand"),
    "yields.py": ({"wind", "solar"}, "one standard plant of each, beside published ranges"),
    "topology.py": ({"load"}, "an island without source is judged by its demand"),
}
#: tables that hold names and structure only, so that there is nothing to give a source for
WITHOUT_FIGURES = {"area"}


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def tracked() -> list[Path]:
    """Files under version control."""
    git = shutil.which("git")
    assert git, "git is needed to list the tracked files"
    command = [git, "-C", str(ROOT), "ls-files", "-z"]
    listed = subprocess.run(command, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode("utf-8").split("\0") if name and (ROOT / name).is_file()]


def python(code: str) -> str:
    """Output of a fresh interpreter."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# -- units and names -----------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
def test_every_float_column_ends_in_a_unit(table):
    bare = [name for name, column in TABLES[table].columns.items() if column.kind == "float" and not has_unit(name)]
    assert bare == []


@pytest.mark.parametrize("table", TABLES)
def test_every_table_and_column_says_what_it_is(table):
    plain = {"name_en", "kind", "note", "carrier"}
    assert TABLES[table].doc.endswith(".")
    assert [n for n, c in TABLES[table].columns.items() if not c.doc and n not in plain] == []


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """Text constants of a module that are not docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    prose = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value


def test_stage_modules_name_no_device():
    """Stages loop over DEVICES; ``"wind"`` and ``"wind.curtailed"`` count, table names built from them do not."""
    found = []
    for path in MODULES:
        name = relative(path)
        if name.split("/")[0] in DECLARING:
            continue
        allowed = NAMED.get(name, (set(), ""))[0]
        found += [
            f"{name}:{line}: {text!r}" for line, text in literals(path) if text.split(".")[0] in DEVICE_NAMES - allowed
        ]
    assert found == []


# -- size and documentation ----------------------------------------------------------------------------


def test_modules_are_short():
    long = {relative(p): n for p in MODULES if (n := len(p.read_text("utf-8").splitlines())) > LONGEST_MODULE}
    assert long == {}


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    first = function.body[0]
    docs = first.end_lineno - first.lineno + 1 if ast.get_docstring(function) else 0
    return function.end_lineno - function.lineno + 1 - docs


def test_functions_are_short():
    long = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and code_lines(node) > LONGEST_FUNCTION:
                long[f"{relative(path)}: {node.name}"] = code_lines(node)
    assert long == {}


def public(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    """Public functions, classes and methods; properties stand in the docstring of their class."""
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        if not any(isinstance(d, ast.Name) and d.id == "property" for d in node.decorator_list):
            yield prefix + node.name, node
        if isinstance(node, ast.ClassDef):
            yield from public(node.body, f"{node.name}.")


def test_everything_public_is_documented():
    bare = {
        f"{relative(path)}: {name}"
        for path in MODULES
        for name, node in public(ast.parse(path.read_text("utf-8")).body)
        if not ast.get_docstring(node)
    }
    assert bare == set()


# -- imports -------------------------------------------------------------------------------------------


def test_import_contracts():
    """Imports go one way; each outside engine has one home (pyproject, [tool.importlinter])."""
    lint = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr


def test_import_is_quick_and_changes_nothing():
    seconds = python(
        "import time, sys, warnings, logging\n"
        "before = list(warnings.filters), logging.root.level, list(logging.root.handlers)\n"
        "started = time.perf_counter(); import gridsim; took = time.perf_counter() - started\n"
        "assert before == (list(warnings.filters), logging.root.level, list(logging.root.handlers))\n"
        "assert not {'pandas', 'pandapower', 'matplotlib', 'highspy'} & set(sys.modules)\n"
        "print(took)"
    )
    assert float(seconds) < 1.0


def test_public_names_load_without_pandapower_and_leave_pandas_alone():
    python(
        "import copy, sys, pandas, gridsim\n"
        "options = copy.deepcopy(pandas._config.config._global_config)\n"
        "for name in gridsim.__all__: assert getattr(gridsim, name).__name__ == name\n"
        "assert options == pandas._config.config._global_config\n"
        "import gridsim.cli, gridsim.run\n"
        "assert 'pandapower' not in sys.modules\n"
    )


def test_run_does_not_plot():
    """Only the report imports matplotlib, and a run without report does without it."""
    python("import sys, gridsim.run, gridsim.store; assert 'matplotlib' not in sys.modules")


def test_unknown_public_name():
    import gridsim

    with pytest.raises(AttributeError, match="no_such_thing"):
        _ = gridsim.no_such_thing
    assert set(gridsim.__all__) <= set(dir(gridsim))


# -- data and files ------------------------------------------------------------------------------------


def folders(kind: str) -> list[Path]:
    """Folders of data that come with the repository."""
    return sorted(p.parent for p in (ROOT / kind).glob("*/sources.csv"))


def sourced(folder: Path) -> set[str]:
    with (folder / "sources.csv").open(encoding="utf-8", newline="") as file:
        return {row["table"] for row in csv.DictReader(file)}


@pytest.mark.parametrize("folder", folders("networks"), ids=lambda p: p.name)
def test_every_network_table_has_a_source(folder):
    tables = {p.stem for p in [*folder.glob("base/*.csv"), *folder.glob("scenarios/*/*.csv")]}
    assert tables - WITHOUT_FIGURES - sourced(folder) == set()


@pytest.mark.parametrize("folder", folders("weather"), ids=lambda p: p.name)
def test_every_weather_file_has_a_source(folder):
    """Tables are in sources.csv; a series stands for a site, and the README says how it was made."""
    assert {p.stem for p in folder.glob("*.csv")} - {"sources", "bibliography"} - sourced(folder) == set()
    with (folder / "sites.csv").open(encoding="utf-8", newline="") as file:
        sites = {row["name"] for row in csv.DictReader(file)}
    assert {p.stem for p in folder.glob("*/*.parquet")} - sites == set()
    assert "synthetic" in (folder / "README.md").read_text("utf-8").lower()


def test_every_network_and_weather_folder_has_a_readme_and_sources():
    for kind in ("networks", "weather"):
        for folder in (p for p in (ROOT / kind).iterdir() if p.is_dir()):
            assert (folder / "README.md").is_file(), folder
            assert (folder / "sources.csv").is_file(), folder


def test_no_file_names_a_registry_or_a_machine():
    registry, folder = r"https?://[^ ]*(p[y]pi|pythonh[o]sted|n[p]mjs|d[e]bian)", r"(^|[^a-z.])/(wo[r]k|fa[r]m|ro[o]t)/"
    host = re.compile(f"{registry}|{folder}", re.M)
    named = []
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content[:8192] and host.search(content.decode("utf-8", errors="replace")):
            named.append(path.relative_to(ROOT).as_posix())
    assert named == []


def test_no_file_is_large():
    large = {p.relative_to(ROOT).as_posix(): p.stat().st_size for p in tracked() if p.stat().st_size > LARGEST_FILE}
    assert large == {}
