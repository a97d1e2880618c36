"""Years as a planner writes them: lists and ranges."""

from __future__ import annotations

import re


def years_of_text(text: str) -> list[int]:
    """Years of ``"2015, 2018-2020"``; ValueError says which part is none."""
    years: list[int] = []
    for part in text.replace("，", ",").split(","):
        found = re.fullmatch(r"\s*(\d{4})\s*(?:[-–]\s*(\d{4})\s*)?", part)
        if found is None:
            raise ValueError(f'{part.strip()!r} is no year and no range of years like "2015-2024"')
        first, last = int(found[1]), int(found[2] or found[1])
        if last < first:
            raise ValueError(f"the range {part.strip()} runs backwards")
        years += range(first, min(last, first + 300) + 1)
    return years
