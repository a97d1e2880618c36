"""What can go wrong, as values first and as two exceptions last.

Rule 1 of the house: no silent wrong answers.  Functions that read input collect
:class:`Problem` records and raise :class:`InvalidInput` once, with all of them;
functions that solve raise :class:`NoOptimum`.  Everything else is data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the input.

    Attributes
    ----------
    file : str
        File the value stands in (empty when the problem is not in a file).
    what : str
        What is wrong, with the value that was found.
    fix : str
        What to do about it.
    row : str
        Row, as a planner would find it: ``"12"`` (line of the file) or a name.
    column : str
        Column or key.
    """

    file: str
    what: str
    fix: str
    row: str = ""
    column: str = ""

    def __str__(self) -> str:
        place = self.file
        if self.row:
            place += f", row {self.row}"
        if self.column:
            place += f", column {self.column}"
        return f"{place}: {self.what}. {self.fix}"


class GridsimError(Exception):
    """Base of the two exceptions gridsim raises on purpose."""


class InvalidInput(GridsimError, ValueError):
    """Input that cannot be used; carries *all* problems found (exit code 2)."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems: Sequence[Problem] = tuple(problems)
        super().__init__("\n".join(str(p) for p in self.problems))

    def __reduce__(self) -> tuple[type[InvalidInput], tuple[Sequence[Problem]]]:
        """Pickled with its problems, so that it survives the way back from a worker process."""
        return type(self), (self.problems,)


class NoOptimum(GridsimError, RuntimeError):
    """No trustworthy solution: which window, which hour, which limits clash (exit code 3)."""


def raise_if(problems: Sequence[Problem]) -> None:
    """Raise :class:`InvalidInput` with all problems, if there are any."""
    if problems:
        raise InvalidInput(problems)
