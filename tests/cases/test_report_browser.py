"""report.html in a real browser: no console error, no request leaves the page, the text is there."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from fake_findings import fake_findings

from gridsim.report import write_report

CHROMIUM = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (package 'chromium')")

#: the browser resolves no name, so nothing leaves the machine even if a page asks for it
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--enable-logging=stderr",
    "--virtual-time-budget=5000",
    "--dump-dom",
)
#: how the network log names requests that the browser makes for itself, not for the page
BROWSER = "not an origin"


@dataclass(frozen=True)
class Visit:
    """What the browser had after loading: the page, its console lines, the addresses the page asked for."""

    dom: str
    console: list[str]
    requests: list[str]


def visit(page: Path, scratch: Path) -> Visit:
    log = scratch / "net.json"
    places = (f"--user-data-dir={scratch / 'profile'}", f"--log-net-log={log}")
    done = subprocess.run(
        [CHROMIUM, *OPTIONS, *places, page.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    console = [line for line in done.stderr.splitlines() if ":CONSOLE:" in line]
    content = json.loads(log.read_text("utf-8"))
    kind = content["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    started = [e.get("params", {}) for e in content["events"] if e["type"] == kind]
    asked = [p["url"] for p in started if "url" in p and p.get("initiator") != BROWSER]
    return Visit(done.stdout, console, [u for u in asked if not u.startswith(("file:", "data:"))])


def test_the_browser_sees_what_a_bad_page_does(tmp_path):
    page = tmp_path / "bad.html"
    image = '<img src="http://planted.invalid/x.png">'
    page.write_text(f"<html><body>{image}<script>console.error('boom'); nothing();</script></body></html>", "utf-8")
    seen = visit(page, tmp_path)
    assert seen.requests == ["http://planted.invalid/x.png"]
    assert len(seen.console) == 2


@pytest.mark.parametrize(("lang", "words"), [("zh", ("弃风", "岳阳", "湘阴县")), ("en", ("curtail", "Yueyang"))])
def test_report_is_quiet_and_complete(tmp_path, lang, words):
    page, *_ = write_report(fake_findings(), tmp_path / "岳阳 out", lang=lang, formats=("html",))
    seen = visit(page, tmp_path)
    assert seen.requests == []
    assert seen.console == []
    for word in words:
        assert word in seen.dom, word
