"""A headless Chromium driven over the DevTools protocol through a pipe: no driver, no library."""

from __future__ import annotations

import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)
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
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe",
)
PATIENCE_S = 120.0


class Tab:
    """One open page: what it says on the console, what it asks for, what a script in it returns."""

    def __init__(self, send: int, receive: int):
        self._send, self._receive, self._rest = send, receive, b""
        self._ids = itertools.count(1)
        self._session = ""
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One command and its answer; events on the way are kept."""
        number = next(self._ids)
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        content = json.dumps(message).encode() + b"\0"
        while content:
            content = content[os.write(self._send, content) :]
        until = time.monotonic() + PATIENCE_S
        while True:
            answer = self._next(until)
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def _next(self, until: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            if not select.select([self._receive], [], [], max(0.0, until - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            part = os.read(self._receive, 1 << 20)
            if not part:
                raise RuntimeError("the browser has gone")
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\0")
        message = json.loads(line)
        if "method" in message:
            self.events.append(message)
        return message

    def resize(self, width: int, height: int) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def open(self, page: Path, *, scripts: bool = True) -> None:
        """Load a page and wait until it is complete."""
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        for url in ("about:blank", page.as_uri()):  # a blank page first: nothing of the last one is still going on
            self.events.clear()
            self.call("Page.navigate", url=url)
            until = time.monotonic() + PATIENCE_S
            while not any(e["method"] == "Page.loadEventFired" for e in self.events):
                self._next(until)

    def run(self, script: str) -> Any:
        """The value of an expression in the page, waited for if it is a promise."""
        given = {"expression": script, "returnByValue": True, "awaitPromise": True}
        done = self.call("Runtime.evaluate", **given)
        if "exceptionDetails" in done:
            raise RuntimeError(str(done["exceptionDetails"]))
        return done["result"].get("value")

    def wait(self, condition: str) -> None:
        """Wait until an expression is true."""
        until = time.monotonic() + PATIENCE_S
        while not self.run(condition):
            if time.monotonic() > until:
                raise TimeoutError(condition)
            time.sleep(0.05)

    def screenshot(self, file: Path) -> Path:
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))
        return file

    def pdf(self) -> bytes:
        answer = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        return base64.b64decode(answer["data"])

    @property
    def console(self) -> list[str]:
        """What the page said: console lines, errors, refusals of its own policy."""
        said = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        return [json.dumps(e["params"], ensure_ascii=False) for e in self.events if e["method"] in said]

    @property
    def requests(self) -> list[str]:
        """Addresses outside the page and its file that it asked for."""
        sent = (e["params"]["request"]["url"] for e in self.events if e["method"] == "Network.requestWillBeSent")
        return [u for u in sent if not u.startswith(("file:", "data:", "blob:", "about:"))]


@contextmanager
def browser(scratch: Path) -> Iterator[Tab]:
    """A browser with one tab; its profile lies in ``scratch``."""
    assert CHROMIUM is not None
    to_browser, from_us = os.pipe()
    from_browser, to_us = os.pipe()
    low = [os.dup(fd) for fd in (to_browser, to_us)]  # copies, so that no end is lost when 3 and 4 are taken

    def connect() -> None:
        first, second = (os.dup(fd) for fd in low)
        high = [os.dup2(fd, 100 + k) for k, fd in enumerate((first, second))]
        os.dup2(high[0], 3)
        os.dup2(high[1], 4)

    command = [CHROMIUM, *OPTIONS, f"--user-data-dir={scratch / 'profile'}", "about:blank"]
    log = (scratch / "browser.log").open("wb")
    process = subprocess.Popen(command, pass_fds=(3, 4), preexec_fn=connect, stdout=log, stderr=log)
    for fd in (to_browser, to_us, *low):
        os.close(fd)
    try:
        yield Tab(from_us, from_browser)
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.close()
        os.close(from_us)
        os.close(from_browser)
