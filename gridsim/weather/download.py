"""One request to a weather service: patient, checked, kept.

pvlib's own downloads have no time-out for NASA POWER, drop ``Retry-After`` and keep no answer; so the request is made
here with pvlib's parameters, the answer is kept as it came, and pvlib's readers (or its conversions) read it.
"""

from __future__ import annotations

import email.utils
import gzip
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

#: answers after which asking again may help: too many requests, server errors, PVGIS's 529 for overload
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 529})
#: query parameters that are never kept
SECRETS = frozenset({"key", "api_key", "apikey", "token", "user", "username", "password", "email"})


@dataclass(frozen=True)
class Manners:
    """How to ask: time-out of a request, number of attempts, waits between them that double. [s]

    ``longest_wait_s`` also bounds what a service may ask for by ``Retry-After``; when it asks for more, the download
    stops there and says so.
    """

    timeout_s: float = 120.0
    attempts: int = 5
    first_wait_s: float = 2.0
    longest_wait_s: float = 300.0


@dataclass(frozen=True)
class Query:
    """A question to a service and the file that keeps its answer.

    Attributes
    ----------
    key : str
        Name of the answer in the cache, without suffix.
    path : str
        What is appended to the service's address.
    parameters : mapping of str to str
    """

    key: str
    path: str
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class Provenance:
    """Where an answer came from; kept beside it."""

    url: str
    asked_at: str
    sha256: str
    size: int
    service_version: str


@dataclass(frozen=True)
class Answer:
    """An answer, or why there is none.

    Attributes
    ----------
    body : bytes
    provenance : Provenance or None
    problem : str
        Empty if all is well.
    passing : bool
        Whether a later attempt may succeed (the service is down or busy); False: it refuses this question.
    """

    body: bytes = b""
    provenance: Provenance | None = None
    problem: str = ""
    passing: bool = False


def ask(
    address: str,
    query: Query,
    cache: Path,
    *,
    check: Callable[[bytes], str],
    version: Callable[[bytes], str],
    manners: Manners,
    wait: Callable[[float], None] = time.sleep,
) -> Answer:
    """The answer to a query: from the cache if it is there whole, from the service otherwise.

    Parameters
    ----------
    address : str
        Base address of the service; the query's path is appended.
    query : Query
    cache : Path
        Folder; an answer is written there when it has passed ``check``, in one go.
    check : function
        Body -> what is wrong with it; empty if nothing.  A broken body is asked for again.
    version : function
        Body -> version of the service.
    manners : Manners
    wait : function
        Sleeps; tests give their own.

    Notes
    -----
    Time-outs, lost connections, truncated and broken bodies and the codes :data:`PASSING` are tried again after 2, 4,
    8 ... s, or after what ``Retry-After`` says; other codes are final.
    """
    import requests

    kept = _kept(cache, query.key)
    if kept is not None:
        return kept
    problem, pause = "", manners.first_wait_s
    for attempt in range(manners.attempts):
        if attempt:
            if pause > manners.longest_wait_s:
                return Answer(problem=f"{problem}; it asks to wait {pause:.0f} s: try later", passing=True)
            wait(pause)
        pause = manners.first_wait_s * 2.0**attempt
        asked_at = datetime.now(UTC).isoformat(timespec="seconds")
        try:
            reply = requests.get(
                address + query.path,
                params=dict(query.parameters),
                timeout=manners.timeout_s,
                headers={"User-Agent": "gridsim weather fetch"},
            )
            body = reply.content
        except requests.RequestException as error:
            problem = _plain(error, manners)
            continue
        if reply.status_code in PASSING:
            problem = f"HTTP {reply.status_code} {reply.reason}"
            pause = max(pause, _retry_after(reply.headers.get("Retry-After", "")))
            continue
        if not reply.ok:
            return Answer(problem=f"HTTP {reply.status_code}: {_message(body)}")
        problem = check(body)
        if not problem:
            return _keep(cache, query.key, body, _without_secrets(reply.url), asked_at, version(body))
    return Answer(problem=f"{problem} ({manners.attempts} attempts)", passing=True)


def _plain(error: Exception, manners: Manners) -> str:
    """A network error in a planner's words."""
    import requests

    if isinstance(error, requests.Timeout):
        return f"no answer within {manners.timeout_s:g} s"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the answer broke off"
    if isinstance(error, requests.ConnectionError):
        return "the service cannot be reached"
    return type(error).__name__


def _retry_after(text: str) -> float:
    """Seconds of a ``Retry-After`` header, given as seconds or as a date; 0 if there is none."""
    if text.strip().isdigit():
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return 0.0
    return max((moment - datetime.now(moment.tzinfo or UTC)).total_seconds(), 0.0)


def _message(body: bytes) -> str:
    """What a service says about a refusal: ``message`` of PVGIS, ``messages`` or ``detail`` of POWER, else its text."""
    text = body.decode("utf-8", "replace").strip()
    try:
        content = json.loads(text)
    except ValueError:
        return " ".join(text.split())[:200] or "no reason given"
    if isinstance(content, dict):
        for key in ("message", "messages", "detail"):
            if content.get(key):
                return str(content[key])[:300]
    return text[:300]


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    plain = urlencode([(k, v) for k, v in parse_qsl(parts.query) if k.lower() not in SECRETS])
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, plain, ""))


def _kept(cache: Path, key: str) -> Answer | None:
    """An answer from the cache; None if it is not there or not what was written."""
    try:
        body = gzip.decompress((cache / f"{key}.gz").read_bytes())
        provenance = Provenance(**json.loads((cache / f"{key}.provenance.json").read_text("utf-8")))
    except (OSError, EOFError, ValueError, TypeError):
        return None
    return Answer(body, provenance) if hashlib.sha256(body).hexdigest() == provenance.sha256 else None


def _keep(cache: Path, key: str, body: bytes, url: str, asked_at: str, version: str) -> Answer:
    provenance = Provenance(url, asked_at, hashlib.sha256(body).hexdigest(), len(body), version)
    cache.mkdir(parents=True, exist_ok=True)
    in_one_go(cache / f"{key}.gz", gzip.compress(body, mtime=0))
    text = json.dumps(asdict(provenance), indent=1, ensure_ascii=False)
    in_one_go(cache / f"{key}.provenance.json", text.encode("utf-8"))
    return Answer(body, provenance)


def in_one_go(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)
