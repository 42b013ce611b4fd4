"""Plots made of signs: lengths and heights are true, and what is not nothing is seen."""

from __future__ import annotations

import pytest

from voltoken.cli.screen import Screen
from voltoken.cli.tour_scenes.plots import Column, bar, columns, sparkline


def test_a_bar_is_as_long_as_its_value() -> None:
    assert bar(0, 8, 4) == ""
    assert bar(4, 8, 4) == "\u2588\u2588"
    assert bar(8, 8, 4) == "\u2588" * 4
    assert bar(5, 8, 4) == "\u2588\u2588\u258c"


def test_a_sparkline_shows_the_least_that_is_there() -> None:
    assert sparkline([0, 1, 500, 1000], 1000) == " \u2581\u2584\u2588"
    assert sparkline([0, 1000], 1000, wide=2) == "  \u2588\u2588"


@pytest.mark.parametrize("value", [0, 1, 12, 500, 999, 1000])
def test_columns_stand_on_the_ground_and_are_as_high_as_their_value(value: int) -> None:
    rows = columns(Screen(), [Column(value)], 1000, rows=5, wide=1)
    eighths = sum(" \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588".index(row) for row in rows)
    assert eighths == max(bool(value), value * 40 // 1000)
    assert "".join(rows).strip() == "".join(rows).lstrip()
