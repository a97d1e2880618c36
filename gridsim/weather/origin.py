"""Where every column of a site's weather came from: read, derived, filled or assumed, in a fixed vocabulary.

The vocabulary is data, so that the manifest can be searched and the report can say it in its language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

#: what is done to a value, and the kind of thing that is
HOW: dict[str, str] = {
    "as_given": "read",
    "cell": "read",
    "typical_months": "read",
    "ends_averaged": "derived",
    "shifted": "derived",
    "height_corrected": "derived",
    "lapse_corrected": "derived",
    "split": "derived",
    "closed": "derived",
    "beam_over_cosine": "derived",
    "components_added": "derived",
    "other_heights": "derived",
    "gap_interpolated": "filled",
    "edge_repeated": "filled",
    "leap_day_left_out": "filled",
    "repaired": "filled",
    "from_height": "assumed",
    "height_of_source": "assumed",
    "label_assumed": "assumed",
    "far_away": "assumed",
    "next_source": "assumed",
    "one_height": "assumed",
    "synthetic": "assumed",
    "unknown": "assumed",
}
#: columns of the table of origins
COLUMNS = ("sites", "quantity", "kind", "how", "detail")
#: what a row says when it is about a site as a whole
ALL = "all"


@dataclass(frozen=True)
class Origin:
    """One statement about a column of one site.

    Attributes
    ----------
    quantity : str
        Canonical column, or ``all``.
    how : str
        A key of :data:`HOW`.
    detail : str
        Numbers and names that belong to it: hours, kilometres, the source's own name of the column.
    """

    quantity: str
    how: str
    detail: str = ""

    @property
    def kind(self) -> str:
        """read, derived, filled or assumed."""
        return HOW[self.how]


def origin_table(origin: Mapping[str, Iterable[Origin]]) -> pd.DataFrame:
    """Statements of several sites as one table with :data:`COLUMNS`; sites with the same statement share a row.

    ``sites`` then holds their names, joined by a space, in the order given.
    """
    sites: dict[tuple[str, str, str, str], list[str]] = {}
    for site, statements in origin.items():
        for o in statements:
            sites.setdefault((o.quantity, o.kind, o.how, o.detail), []).append(site)
    rows = [(" ".join(names), *key) for key, names in sites.items()]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def packed(origin: Iterable[Origin]) -> list[list[str]]:
    """Statements as plain lists, to be kept in the attributes of a file."""
    return [[o.quantity, o.how, o.detail] for o in origin]


def unpacked(lists: Iterable[Iterable[str]]) -> tuple[Origin, ...]:
    """Back from :func:`packed`; an unknown word becomes ``unknown`` with the word as its detail."""
    found = []
    for quantity, how, detail in lists:
        found.append(Origin(quantity, how, detail) if how in HOW else Origin(quantity, "unknown", f"{how} {detail}"))
    return tuple(found)


def of_source(source: str) -> tuple[Origin, ...]:
    """The statement on a site of which only its source is known."""
    return (Origin(ALL, "synthetic" if source.startswith("synthetic") else "unknown", source),)
