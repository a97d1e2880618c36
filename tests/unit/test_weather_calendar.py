"""The working year of China."""

import pandas as pd
import pytest

from gridsim.errors import InvalidInput
from gridsim.weather.calendar import DAY_TYPES, _table, day_types, days_of, festival_depth, known_years


def _days(*texts):
    return pd.DatetimeIndex(texts).tz_localize("Asia/Shanghai")


def test_kinds_of_days():
    days = _days(
        "2025-01-01", "2025-01-26", "2025-01-29", "2025-04-05", "2025-05-05", "2025-05-10", "2025-05-11", "2025-05-12"
    )
    assert list(day_types(days)) == [
        "new_year",
        "workday",
        "spring_festival",
        "qingming",
        "may_day",
        "saturday",
        "sunday",
        "workday",
    ]  # 26 January 2025 is a Sunday that is worked


def test_a_whole_year_has_known_kinds_only():
    for year in known_years():
        kinds = set(day_types(pd.date_range(f"{year}-01-01", f"{year}-12-31", tz="Asia/Shanghai")))
        assert kinds <= set(DAY_TYPES)
        assert {
            "spring_festival",
            "national_day",
            "may_day",
            "qingming",
            "new_year",
            "workday",
            "saturday",
            "sunday",
        } <= kinds


def test_holiday_rows_are_ordered_and_say_where_they_come_from():
    table = _table("holidays_cn.csv")
    assert (table["first_day"] <= table["last_day"]).all()
    assert set(table["status"]) == {"published", "derived"}
    assert table["source"].str.len().min() > 10
    assert set(table["first_day"].str[:4].astype(int)) == set(known_years()) == set(range(2024, 2032))


@pytest.mark.parametrize(
    ("day", "depth"),
    [
        ("2030-01-24", 0.0),
        ("2030-01-25", 1 / 8),
        ("2030-01-31", 7 / 8),
        ("2030-02-01", 1.0),
        ("2030-02-03", 1.0),
        ("2030-02-09", 1.0),
        ("2030-02-10", 11 / 12),
        ("2030-02-20", 1 / 12),
        ("2030-02-21", 0.0),
        ("2030-07-01", 0.0),
    ],
)
def test_the_festival_of_3_february_2030_comes_and_goes_in_ramps(day, depth):
    assert festival_depth(_days(day))[0] == pytest.approx(depth)


def test_a_year_outside_the_tables_is_an_error_that_says_what_to_do():
    with pytest.raises(InvalidInput, match=r"2040.*2024-2031.*add its rows"):
        day_types(_days("2040-05-01"))
    with pytest.raises(InvalidInput, match="2019"):
        festival_depth(_days("2019-02-05"))


def test_days_of_a_quarter_hour_index():
    index = pd.date_range("2030-01-01", periods=96 * 3, freq="15min", tz="Asia/Shanghai")
    assert list(days_of(index)) == list(pd.date_range("2030-01-01", periods=3, tz="Asia/Shanghai"))
