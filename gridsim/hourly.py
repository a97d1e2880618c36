"""Hourly frames that stay on disk: a mapping over a folder of parquet files, read when they are asked for."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pyarrow.parquet import read_schema

SUFFIX = ".parquet"


class HourlyFiles(Mapping[str, pd.DataFrame]):
    """The parquet files below a folder by their name without suffix (``balance``, ``2015/balance``).

    A year of hourly frames is tens to hundreds of megabytes, ten weather years ten times that; so a frame is read
    each time it is asked for, and only the last one is kept.  What is read must not be changed.

    Parameters
    ----------
    folder : path
        May be missing (no files).
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._names = tuple(sorted(p.relative_to(self.folder).as_posix() for p in self.folder.rglob(f"*{SUFFIX}")))
        self._last: tuple[str, pd.DataFrame] | None = None

    def path(self, name: str) -> Path:
        """File of a frame."""
        if f"{name}{SUFFIX}" not in self._names:
            raise KeyError(name)
        return self.folder / f"{name}{SUFFIX}"

    def __getitem__(self, name: str) -> pd.DataFrame:
        if self._last is None or self._last[0] != name:
            self._last = (name, pd.read_parquet(self.path(name)))
        return self._last[1]

    def __contains__(self, name: object) -> bool:
        return f"{name}{SUFFIX}" in self._names

    def __iter__(self) -> Iterator[str]:
        return (name.removesuffix(SUFFIX) for name in self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __reduce__(self) -> tuple[type[HourlyFiles], tuple[Path]]:
        """Pickled as its folder, never with a frame."""
        return type(self), (self.folder,)


def has_columns(hourly: Mapping[str, pd.DataFrame], name: str, wanted: Sequence[str]) -> str:
    """The first of several columns that a frame has, empty if it has none; of a file only its head is read."""
    if isinstance(hourly, HourlyFiles):
        there = set(read_schema(hourly.path(name)).names)
    else:
        there = {str(c) for c in hourly[name].columns}
    return next((column for column in wanted if column in there), "")


def columns_of(hourly: Mapping[str, pd.DataFrame], name: str, columns: Sequence[str]) -> pd.DataFrame:
    """Some columns of a frame with its index; nothing else is read of a file.

    Parameters
    ----------
    hourly : mapping
        Hourly frames of findings.
    name : str
        Frame.
    columns : sequence of str
        A column may stand in it several times.

    Raises
    ------
    KeyError
        The frame or a column is not there.
    """
    if not isinstance(hourly, HourlyFiles):
        return hourly[name][list(columns)]
    return pd.read_parquet(hourly.path(name), columns=list(dict.fromkeys(columns)))[list(columns)]


def part_of(hourly: Mapping[str, pd.DataFrame], part: str) -> Mapping[str, pd.DataFrame]:
    """The frames below one name (``2015/balance`` as ``balance``); files stay on disk.

    Parameters
    ----------
    hourly : mapping
        Hourly frames of findings.
    part : str
        Weather year.
    """
    if isinstance(hourly, HourlyFiles):
        return HourlyFiles(hourly.folder / part)
    return {name.removeprefix(f"{part}/"): hourly[name] for name in hourly if name.startswith(f"{part}/")}


def write_hourly(hourly: Mapping[str, pd.DataFrame], name: str, path: Path) -> None:
    """One frame of a mapping as a parquet file; what already is a file is linked (or copied), not read.

    Parameters
    ----------
    hourly : mapping
    name : str
        Frame to write.
    path : Path
        File to make; its folder is made if it is missing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(hourly, HourlyFiles):
        _link(hourly.path(name), path)
        return
    frame = hourly[name]
    words = [str(c) for c, kind in frame.dtypes.items() if not pd.api.types.is_float_dtype(kind)]
    frame.to_parquet(path, compression="zstd", use_dictionary=words)  # a dictionary of floats only costs time


@dataclass(frozen=True)
class HourlyFolder:
    """A folder for hourly files while they are made; ``temporary`` ones go with the frames that stand in them."""

    path: Path
    temporary: bool

    def files(self, part: Mapping[str, pd.DataFrame] | None = None) -> Mapping[str, pd.DataFrame]:
        """Everything in the folder, or a part that was read before; a temporary folder lives as long as that."""
        found = HourlyFiles(self.path) if part is None else part
        if self.temporary:
            weakref.finalize(found, shutil.rmtree, self.path, ignore_errors=True)
        return found


@contextmanager
def hourly_folder(folder: str | Path | None = None) -> Iterator[HourlyFolder]:
    """A folder for hourly files: the one given, which its owner removes, or a temporary one.

    When the work in the ``with`` block fails, a temporary folder is removed.
    """
    made = HourlyFolder(Path(folder or tempfile.mkdtemp(prefix="gridsim-")), folder is None)
    try:
        yield made
    except BaseException:
        if made.temporary:
            shutil.rmtree(made.path, ignore_errors=True)
        raise


def _link(source: Path, target: Path) -> None:
    """A second name for a file; a copy where the disk has no links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
