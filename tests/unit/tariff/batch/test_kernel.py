"""What repricing never meets, because it carries money over only where it can go on being carried."""

from __future__ import annotations

import numpy as np

from tests.unit.tariff.written import on, prices
from voltoken.sts import UNITS
from voltoken.tariff.batch.kernel import sell_units
from voltoken.tariff.batch.refusals import Refusal
from voltoken.tariff.batch.sales import Sales


def test_fewer_units_than_what_was_carried_over_buys_cannot_be_asked_for() -> None:
    known = prices()
    plan = known.plan(on())
    nothing = np.zeros(3, np.int64)
    sales = Sales(nothing, np.array([500, 500, 0]), (), nothing > 0)
    sold = sell_units(known.tariff, plan, UNITS, sales, np.array([10, 30, 10]))
    assert sold.refused.tolist() == [Refusal.CARRIED_MORE, 0, 0]
    assert sold.tender.tolist() == [0, 100, 200]
