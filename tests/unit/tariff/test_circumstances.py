"""Who gets which price: seasons, marks, averages, bounds, validity, and circumstances that cannot be."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.unit.tariff.written import amounts, on, prices, tariff
from voltoken.errors import FieldError, PurchaseRefused
from voltoken.tariff import Context, Prices
from voltoken.tariff.quote import Kind
from voltoken.tariff.rounding import Direction, Rounding


def test_seasons_have_prices_of_their_own() -> None:
    body = "[[energy]]\nprice = 5\nwhen = { months = [6, 7, 8] }\n[[energy]]\nprice = 2\n"
    sale = prices(body, energy=None)
    assert sale.quote(1000, on("2024-06-01")).units == Decimal(2)
    assert sale.quote(1000, on("2024-09-01")).units == Decimal(5)


BANDS = (
    "[[energy]]\nprice = 1\nwhen = { mean = { months = 3, below = 30 } }\n"
    "[[energy]]\nprice = 2\n"
    "when = { mean = { months = 3, from = 30, below = 100, without_history = false } }\n"
    "[[energy]]\nprice = 4\nwhen = { mean = { months = 3, from = 100, without_history = false } }\n"
)


@pytest.mark.parametrize(
    ("past", "units"),
    [
        ((), "10.0"),
        ((29, 30, 30), "10.0"),
        ((30,), "5.0"),
        ((30, 30, 30, 9999), "5.0"),
        ((99, 100, 100), "5.0"),
        ((100, 100, 100), "2.5"),
        ((Decimal("0.1"), Fraction(1, 3), 299), "5.0"),
    ],
)
def test_the_average_of_past_months_chooses_the_band(past: tuple[int, ...], units: str) -> None:
    assert str(prices(BANDS, energy=None).quote(1000, on(past_units=past)).units) == units


def test_marks_of_the_customer_admit_and_exclude() -> None:
    body = (
        "[[levy]]\ncode='A'\nname='A'\nrate=1\non=['energy']\nwhen={customer=['x','y']}\n"
        "[[levy]]\ncode='B'\nname='B'\nrate=1\non=['energy']\nwhen={not_customer=['y']}\n"
    )
    sale = prices(body)
    assert {"A", "B"} & set(amounts(sale.quote(1000, on()))) == {"B"}
    assert {"A", "B"} & set(amounts(sale.quote(1000, on(marks=frozenset({"y"}))))) == {"A"}
    assert {"A", "B"} & set(amounts(sale.quote(1000, on(marks=frozenset({"x"}))))) == {"A", "B"}


def test_a_customer_for_whom_no_price_is_meant_is_refused() -> None:
    from dataclasses import replace

    from voltoken.tariff.conditions import When

    whole = tariff()
    energy = replace(whole.energies[0], when=When(customer=frozenset({"x"})))
    with pytest.raises(PurchaseRefused) as refused:
        Prices(replace(whole, energies=(energy,))).quote(1000, on())
    assert refused.value.reason == "no_price"


def test_a_price_without_the_tax_it_includes_is_paid_by_those_who_are_exempt() -> None:
    vat = "[[tax]]\ncode='VAT'\nname='VAT'\nrate=0.15\non=['energy','FEE']\nwhen={not_customer=['exempt']}\n"
    fee = "[[charge]]\ncode='FEE'\nname='Fee'\namount=1.15\nper='month'\nincludes=['VAT']\n"
    sale = prices(vat + fee, energy="price = 1.15\nincludes = ['VAT']")
    exempt = sale.quote(10100, on(marks=frozenset({"exempt"})))
    assert amounts(exempt) == {"FEE": "1.00", "energy1": "100.00"}
    assert amounts(sale.quote(11615, on())) == {"FEE": "1.00", "energy1": "100.00", "VAT": "15.15"}


def test_a_price_contains_a_tax_only_in_its_season() -> None:
    body = (
        "[[tax]]\ncode='OLD'\nname='Old'\nrate=0.25\non=['energy']\nwhen={months=[1,2,3]}\n"
        "[[tax]]\ncode='NEW'\nname='New'\nrate=0.6\non=['energy']\nwhen={months=[4,5,6,7,8,9,10,11,12]}\n"
    )
    sale = prices(body, energy="price = 2\nincludes = ['OLD', 'NEW']")
    assert amounts(sale.quote(10000, on("2024-03-31"))) == {"energy1": "80.00", "OLD": "20.00"}
    assert amounts(sale.quote(10000, on("2024-04-01"))) == {"energy1": "62.50", "NEW": "37.50"}


def test_parts_collected_at_the_meter_are_left_to_it() -> None:
    body = (
        "[[levy]]\ncode='A'\nname='A'\nper_unit=1\ncollected='meter'\n"
        "[[charge]]\ncode='B'\nname='B'\namount=1\nper='month'\ncollected='meter'\n"
        "[[debt]]\ncode='C'\nname='C'\ncollected='meter'\n"
    )
    assert amounts(prices(body).quote(1000, on(debts={"C": 5}))) == {"energy1": "10.00"}


def test_a_version_sells_only_while_it_is_valid() -> None:
    whole = tariff(valid_from="2024-03-01\nvalid_until = 2024-03-31")
    assert Prices(whole).quote(1000, on("2024-03-31")).units
    for day in ("2024-02-29", "2024-04-01"):
        with pytest.raises(PurchaseRefused) as refused:
            Prices(whole).quote(1000, on(day))
        assert refused.value.reason == "not_in_force"


def test_midnight_is_that_of_the_tariff_s_zone() -> None:
    late = datetime(2024, 3, 31, 22, 30, tzinfo=UTC)
    charge = "[[charge]]\ncode='FEE'\nname='Fee'\namount=1\nper='month'\n"
    south = prices(charge, zone="Africa/Johannesburg")
    there = south.quote(1000, Context(late.astimezone(ZoneInfo("Africa/Johannesburg"))))
    assert there.standing["FEE"].next_due == date(2024, 5, 1)
    assert prices(charge).quote(1000, Context(late)).standing["FEE"].next_due == date(2024, 4, 1)
    for clock in (UTC, ZoneInfo("Africa/Harare"), timezone(timedelta(hours=2))):
        with pytest.raises(FieldError, match="Africa/Johannesburg"):
            south.quote(1000, Context(late.astimezone(clock)))


LIMITS = "[limits]\namount_min=10\namount_max=1000\nunits_min=6\nunits_max=400\n"


@pytest.mark.parametrize(
    ("tender", "circumstances", "reason"),
    [
        (999, {}, "amount_below"),
        (100001, {}, "amount_above"),
        (1000, {}, "units_below"),
        (90000, {}, "units_above"),
        (5000, {"amount_min": 5001}, "amount_below"),
        (5000, {"amount_max": 4999}, "amount_above"),
        (5000, {"units_min": 26}, "units_below"),
        (5000, {"units_max": Decimal("24.9")}, "units_above"),
        (5000, {"units_min": 1, "units_max": 9999, "amount_min": 1, "amount_max": 99999}, ""),
    ],
)
def test_purchases_have_bounds(tender: int, circumstances: dict[str, Any], reason: str) -> None:
    sale = prices(LIMITS)
    if not reason:
        assert sale.quote(tender, on(**circumstances)).units == Decimal(25)
        return
    with pytest.raises(PurchaseRefused) as refused:
        sale.quote(tender, on(**circumstances))
    assert refused.value.reason == reason


def test_bounds_hold_for_purchases_by_units_too() -> None:
    sale = prices(LIMITS)
    for units, reason in ((5, "units_below"), (401, "units_above")):
        with pytest.raises(PurchaseRefused) as refused:
            sale.quote_units(units, on())
        assert refused.value.reason == reason
    with pytest.raises(PurchaseRefused) as refused:
        sale.quote_units(300, on(amount_max=59999))
    assert refused.value.reason == "amount_above"


@pytest.mark.parametrize(
    "circumstances",
    [
        {"at": datetime(2024, 1, 1)},  # noqa: DTZ001 - a naive time is what is refused
        {"at": "2024-01-01"},
        {"used": 0.5},
        {"used": -1},
        {"used": True},
        {"used": Decimal("NaN")},
        {"used": Decimal("1e99")},
        {"free_used": -1},
        {"free_taken": {"A": -1}},
        {"past_units": (1, -1)},
        {"debts": {"A": -1}},
        {"debts": {"A": Decimal(1)}},
        {"sizes": {"A": -1}},
        {"exchange": 26.4},
        {"units_max": 0.5},
        {"carried": Decimal(1)},
        {"amount_min": 0.5},
    ],
    ids=str,
)
def test_circumstances_that_cannot_be_are_refused(circumstances: dict[str, Any]) -> None:
    with pytest.raises(FieldError):
        Context(**{"at": datetime(2024, 1, 1, tzinfo=UTC), **circumstances})


def test_totals_by_kind_add_up_to_the_tender() -> None:
    body = "[[tax]]\ncode='VAT'\nname='VAT'\nrate=0.15\non=['energy']"
    quote = prices(body).quote(1001, on())
    assert quote.total(Kind.ENERGY, Kind.TAX, Kind.ROUNDING) == 1001
    assert quote.total(Kind.TAX) == 132


@pytest.mark.parametrize(
    ("value", "nearest", "down", "up"),
    [
        ("2.5", 3, 2, 3),
        ("2.49", 2, 2, 3),
        ("-2.5", -3, -2, -3),
        ("-2.49", -2, -2, -3),
        ("0", 0, 0, 0),
        ("7", 7, 7, 7),
    ],
)
def test_rounding_is_symmetric_about_zero(value: str, nearest: int, down: int, up: int) -> None:
    found = [
        Rounding(Fraction(1), to)(Fraction(value)) for to in (Direction.NEAREST, Direction.DOWN, Direction.UP)
    ]
    assert found == [nearest, down, up]
