"""The texts of the reports as data: the files of ``texts/zh`` and ``texts/en``, the same keys in both.

A topic may have a file of its own; a group may go on in another file, a key stands once.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from gridsim.errors import InvalidInput, Problem

LANGUAGES = ("zh", "en")


class Texts:
    """The texts of one language: ``texts(key, name=value)``.

    Attributes
    ----------
    lang : str
        ``zh`` or ``en``.
    """

    def __init__(self, lang: str, entries: Mapping[str, str]):
        self.lang = lang
        self._entries = dict(entries)

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of a key with its blanks filled; an unknown key is a KeyError, never a blank."""
        return self._entries[key].format(**values)

    def word(self, group: str, name: Any) -> str:
        """The word for a name in the data (a cause, a carrier, a check), or the name itself if there is none."""
        return self._entries.get(f"{group}.{name}", str(name))

    def phrase(self, group: str, text: Any, convert: Callable[[str], str] = str) -> str:
        """A phrase that the run writes, in this language.

        The English texts of the group are the phrases exactly as the run writes them, with blanks for what
        varies; what stood in a blank goes through ``convert``.  A phrase that is none of them stays as it is.
        """
        for key, pattern in phrases_of(group):
            found = pattern.fullmatch(str(text))
            if found:
                return self(key, **{name: convert(value) for name, value in found.groupdict().items()})
        return str(text)

    def has(self, key: str) -> bool:
        """Whether the catalogue has a text under this key."""
        return key in self._entries

    def list_of(self, items: list[str]) -> str:
        """Several items in one sentence."""
        return self("sentence.comma").join(items)


@cache
def entries_of(lang: str) -> Mapping[str, str]:
    """All entries of a language, keys with dots (``group.name``)."""
    found: dict[str, str] = {}
    for file in files_of(lang):
        groups = tomllib.loads(file.read_text("utf-8"))
        entries = {f"{group}.{name}": text for group, names in groups.items() for name, text in names.items()}
        if twice := sorted(found.keys() & entries.keys()):
            raise ValueError(f"{file.name} of the texts ({lang}) has keys that another file has: {', '.join(twice)}")
        found |= entries
    return found


def files_of(lang: str) -> list[Traversable]:
    """The files of a language, by name."""
    folder = resources.files("gridsim.report").joinpath("texts", lang)
    return sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)


@cache
def phrases_of(group: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Keys of a group and what their English texts look like with the blanks filled."""
    found = []
    for key, text in entries_of("en").items():
        if key.startswith(f"{group}."):
            parts = string.Formatter().parse(text)
            pattern = "".join(re.escape(fixed) + (f"(?P<{blank}>.+)" if blank else "") for fixed, blank, _, _ in parts)
            found.append((key, re.compile(pattern)))
    return tuple(found)


def read_texts(lang: str) -> Texts:
    """The texts of one language.  Raises InvalidInput for a language that is not there."""
    if lang not in LANGUAGES:
        raise InvalidInput([Problem("--lang", f"unknown language {lang!r}", f"Choose one of {', '.join(LANGUAGES)}.")])
    return Texts(lang, entries_of(lang))
