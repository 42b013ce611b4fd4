"""The line of a charge that is paid in part, to the coin, whatever lines are rounded to."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from tests.unit.tariff.written import on, prices
from voltoken.tariff.batch.dues import Demand, printed
from voltoken.tariff.batch.exact import Column

CHARGE = '[[charge]]\ncode = "C"\nname = "C"\namount = 10\nper = "month"\n'


@pytest.mark.parametrize(("taken", "line"), [(Fraction(13001, 20), 650), (700, 700), (400, 400), (0, 0)])
def test_what_was_paid_in_part_is_shown_to_the_coin(taken: Fraction, line: int) -> None:
    plan = prices(CHARGE, money='round = { step = 5, to = "up" }').plan(on())
    due = Column.of(np.array([700]))
    demand = Demand(plan.dues[0], due, due)
    assert printed(demand, Column.of(np.array([1])).times(Fraction(taken))).num.tolist() == [line]
