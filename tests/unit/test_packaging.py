"""What is installed is complete, and the README's commands, the bounds and the pins agree."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib import metadata, resources
from pathlib import Path

import pytest

import gridsim

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
#: import name -> distribution, where they differ
DISTRIBUTIONS = {"PIL": "pillow", "dateutil": "python-dateutil", "docx": "python-docx"}
RUN = "pip install . && gridsim run studies/yueyang_2030.toml --out out/yueyang_2030"
TEST = 'pip install ".[test]" && pytest'


def bounds(requirements: list[str]) -> dict[str, str]:
    """Distribution name -> version bound."""
    parts = (re.fullmatch(r"([A-Za-z0-9_.-]+)(.*)", r) for r in requirements)
    return {p[1].lower(): p[2] for p in parts if p}


def test_every_data_file_is_installed():
    source, installed = ROOT / "gridsim", resources.files("gridsim")
    files = [p.relative_to(source) for p in source.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    assert any(p.suffix == ".otf" for p in files)
    missing = [p.as_posix() for p in files if not installed.joinpath(*p.parts).is_file()]
    assert missing == []


def test_runs_from_another_folder(tmp_path):
    """Nothing is read from the working folder: fonts, texts, templates, curves come with the package."""
    code = (
        "import gridsim.report.catalogue as c, gridsim.devices.wind as w, gridsim.cli\n"
        "from gridsim.report.figures.style import font_family\n"
        "assert c.read_texts('zh') and len(w.turbines()) and font_family()\n"
        "gridsim.cli.app(['--help'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "run" in done.stdout


def test_version():
    assert PROJECT["version"] == gridsim.__version__ == metadata.version("gridsim")
    assert f"## {gridsim.__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_readme_gives_the_two_commands(name):
    text = (ROOT / name).read_text("utf-8")
    assert re.findall(r"```\n(pip install .*)\n```", text) == [RUN, TEST]


def test_ci_runs_the_readme_commands():
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert RUN in script
    assert TEST in script


def test_links_of_the_readme_exist():
    for page in [ROOT / "README.md", ROOT / "README.zh.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_bounds_that_keep_pip_from_a_broken_set():
    """A looser bound makes pip fall back to a pandapower that fails on pandas 3 (docs/architecture.md)."""
    core = bounds(PROJECT["dependencies"])
    assert core["pandapower"] == "==3.5.*"
    assert core["pandas"] == ">=2.3,<3"
    assert not any("[" in r for r in PROJECT["dependencies"])
    assert bounds(PROJECT["optional-dependencies"]["against"])["pypsa"] == "==1.2.*"


def third_party(*, but: tuple[str, ...] = ()) -> set[str]:
    """Distributions that gridsim imports, anywhere but in some of its folders and modules."""
    found = set()
    for path in (ROOT / "gridsim").rglob("*.py"):
        if path.relative_to(ROOT / "gridsim").as_posix().startswith(but or ("-",)):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {a.name.split(".")[0] for a in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    outside = found - set(sys.stdlib_module_names) - {"gridsim"}
    return {DISTRIBUTIONS.get(name, name).lower() for name in outside}


def test_what_is_imported_is_required():
    extras = PROJECT["optional-dependencies"]
    core, sweep, era5 = (set(bounds(r)) for r in (PROJECT["dependencies"], extras["sweep"], extras["era5"]))
    assert third_party(but=("sweep/", "weather/era5.py")) - core == set()
    assert third_party(but=("weather/era5.py",)) - core - sweep == set()
    assert third_party(but=("sweep/",)) - core - era5 == set()


def test_constraints_pin_everything_that_is_required():
    lines = [r for r in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if r and not r.startswith("#")]
    assert [r for r in lines if not re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.!+-]+", r)] == []
    pinned = {r.split("==")[0].lower().replace("_", "-") for r in lines}
    extras = [r for rows in PROJECT["optional-dependencies"].values() for r in rows if not r.startswith("gridsim")]
    assert set(bounds([*PROJECT["dependencies"], *extras])) - pinned == set()
