"""The ends of every range: the last value that is taken, the first that is not, and the name in the error."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.meter.shop import NOW, PAN, installed, key_of, profile_of
from tests.unit.meter.test_factory import make, order_of, unique_key, vending_key
from voltoken.errors import FieldError, RuleError
from voltoken.meter import (
    SKINS,
    Action,
    Emergency,
    FlatPrice,
    FriendlyHours,
    Lockout,
    Meter,
    Profile,
    ShortCode,
    Skin,
    personalise,
)
from voltoken.sts import EA, SAMPLE_TABLES, BaseDate, KeyType, Service

PLN = SKINS["pln"]


def profile_with(**changes: Any) -> Profile:
    """Return a profile with changes, which may be of any type."""
    return replace(profile_of(), **changes)


PROFILE_RANGES = [
    ("memory_size", 1, 1000),
    ("sections", 2, 4),
    ("credit_max", 1, 10**30),
    ("pending_timeout_s", 1, 86_400),
    ("trip_after_s", 0, 3600),
    ("low_credit", 0, 10**30),
    ("utc_offset_minutes", -840, 840),
    ("pulses", 1, 100_000),
    ("power_limit_w", 0, (1 << 25) - 1),
    ("unbalance_limit_w", 0, (1 << 25) - 1),
]


@pytest.mark.parametrize(("name", "low", "high"), PROFILE_RANGES)
def test_a_number_of_a_profile_has_a_range(name: str, low: int, high: int) -> None:
    assert [getattr(profile_with(**{name: value}), name) for value in (low, high)] == [low, high]
    for value in (low - 1, high + 1):
        with pytest.raises(FieldError, match=str(value)) as refused:
            profile_with(**{name: value})
        assert refused.value.field == name
        assert refused.value.allowed


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("tests", 1, 18),
        ("flags", 0, 511),
        ("recover_s", 1, 86_400),
        ("power_limit_range_w", 0, (1 << 25) - 1),
    ],
)
def test_the_members_of_a_list_of_a_profile_have_a_range(name: str, low: int, high: int) -> None:
    others: dict[str, Any] = {"flags_set": ()} if name == "flags" else {}
    assert getattr(profile_with(**{name: (low, high)}, **others), name) == (low, high)
    for value in (low - 1, high + 1):
        with pytest.raises(FieldError, match=str(value)) as refused:
            profile_with(**{name: (value, value)}, **others)
        assert refused.value.field == name
        assert f"{low} to {high}" in refused.value.allowed


def test_the_least_and_the_most_watts_may_be_the_same_but_not_crossed() -> None:
    assert profile_with(power_limit_range_w=(5, 5)).power_limit_range_w == (5, 5)
    with pytest.raises(FieldError, match="power_limit_range_w"):
        profile_with(power_limit_range_w=(6, 5))


@pytest.mark.parametrize("name", ["name", "title", "software", "rating", "currency"])
def test_texts_of_a_profile_have_at_most_120_characters(name: str) -> None:
    assert getattr(profile_with(**{name: "x" * 120}), name) == "x" * 120
    for wrong in ("x" * 121, 5):
        with pytest.raises(FieldError) as refused:
            profile_with(**{name: wrong})
        assert refused.value.field == name
        assert refused.value.allowed


@pytest.mark.parametrize(
    ("name", "wrong", "allowed"),
    [
        ("lockout", 5, "Lockout"),
        ("emergency", (1, 2), "Emergency"),
        ("service", 0, "Service"),
        ("key_expiry", 1, "true or false"),
    ],
)
def test_a_part_of_another_type_is_refused_with_the_type_it_needs(
    name: str, wrong: object, allowed: str
) -> None:
    with pytest.raises(FieldError) as refused:
        profile_with(**{name: wrong})
    assert refused.value.field == name
    assert allowed in refused.value.allowed


OPTIONS: list[tuple[Any, str, int, int]] = [
    (Lockout(first_s=1), "after", 1, 255),
    (Lockout(max_s=86_400), "first_s", 1, 86_400),
    (Lockout(first_s=10), "max_s", 10, 86_400),
    (Emergency(1, 1), "amount", 1, 10**15),
    (Emergency(1, 1), "threshold", 0, 10**15),
    (FriendlyHours((1,), 0, 1), "start", 0, 1440),
    (FriendlyHours((1,), 0, 1), "end", 0, 1440),
    (FlatPrice(1), "per_unit", 1, 10**30),
    (FlatPrice(1), "counts", 1, 10**30),
]


@pytest.mark.parametrize(("option", "name", "low", "high"), OPTIONS)
def test_parts_of_a_profile_and_prices_have_ranges(option: Any, name: str, low: int, high: int) -> None:
    assert [getattr(replace(option, **{name: value}), name) for value in (low, high)] == [low, high]
    beyond = [low - 1] if isinstance(option, FlatPrice) else [low - 1, high + 1]
    for value in (*beyond, True):
        with pytest.raises(FieldError, match=str(value)) as refused:
            replace(option, **{name: value})
        assert refused.value.field == name
        assert refused.value.allowed


def test_a_price_that_no_meter_can_charge_is_named() -> None:
    assert FlatPrice.of(Decimal("0.00001"), Service.ELECTRICITY_CURRENCY) == FlatPrice(1)
    with pytest.raises(FieldError, match=r"0\.000015") as refused:
        FlatPrice.of(Decimal("0.000015"), Service.ELECTRICITY_CURRENCY)
    assert refused.value.field == "price"


@pytest.mark.parametrize("name", ["low_credit", "alarm_minutes"])
def test_the_limits_of_the_alarm_have_a_range(name: str) -> None:
    meter, _ = installed()
    for value in (0, 10**12):
        meter.set_limits(NOW, **{name: value})
        assert getattr(meter.memory.limits, name) == value
    for value in (-1, 10**12 + 1, True):
        with pytest.raises(FieldError, match=str(value)) as refused:
            meter.set_limits(NOW, **{name: value})
        assert refused.value.field == name
        assert refused.value.allowed
    assert getattr(meter.memory.limits, name) == 10**12


@pytest.mark.parametrize(("name", "wrong"), [("quantity", -1), ("seconds", 0)])
def test_what_cannot_be_drawn_is_named(name: str, wrong: int) -> None:
    meter, _ = installed()
    with pytest.raises(FieldError) as refused:
        meter.use(**({"quantity": 1, "now": NOW, "seconds": 1} | {name: wrong}))  # type: ignore[arg-type] # any of them
    assert (refused.value.field, refused.value.value) == (name, str(wrong))


def test_a_price_or_a_number_of_sections_that_does_not_fit_the_meter_is_named() -> None:
    price = FlatPrice(1)
    with pytest.raises(FieldError) as refused:
        Meter.new(PAN, key_of(), profile_of(), filled_with=1, price=price)
    assert (refused.value.field, refused.value.value) == ("price", repr(price))
    with pytest.raises(FieldError) as refused:
        Meter.new(PAN, key_of(), profile_with(sections=3), filled_with=1)
    assert (refused.value.field, refused.value.value) == ("sections", "3")


@pytest.mark.parametrize(
    ("document", "field", "value"),
    [
        ({"colour": "red"}, "profile", "'colour'"),
        ({"title": "t"}, "name", "None"),
        ({"name": "n"}, "title", "None"),
        ([1], "profile", "[1]"),
        ({"recover_s": 30}, "recover_s", "30"),
        ({"name": "n", "title": "t", "power_limit_range_w": [2, 1]}, "power_limit_range_w", "(2, 1)"),
    ],
)
def test_a_document_that_is_no_profile_names_its_part(document: Any, field: str, value: str) -> None:
    with pytest.raises(FieldError) as refused:
        Profile.from_document(document)
    assert (refused.value.field, refused.value.value) == (field, value)
    assert refused.value.allowed


def test_a_cut_cannot_be_armed_in_the_past() -> None:
    meter, _ = installed()
    with pytest.raises(FieldError, match="-1") as refused:
        meter.arm_cut(-1)
    assert refused.value.field == "writes"


# ---------------------------------------------------------------------- skins


def skin_of(**changes: Any) -> Skin:
    """Return the first skin with changes."""
    return replace(PLN, **changes)


def test_codes_have_up_to_six_digits_and_readings_up_to_five_decimals() -> None:
    codes = {"1": ShortCode("t", "credit", 0), "123456": ShortCode("t", "credit", 5)}
    assert skin_of(codes=codes).codes == codes
    actions = {"1": Action("t", "low_credit", 0), "123456": Action("t", "low_credit", 4)}
    assert skin_of(actions=actions).actions == actions


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"codes": {"1234567": ShortCode("t", "credit")}}, "code", "1234567"),
        ({"actions": {"12x": Action("t", "reconnect")}}, "code", "12x"),
        ({"codes": {"1": ShortCode("t", "colour")}}, "reading", "colour"),
        ({"codes": {"1": ShortCode("t", "credit", 6)}}, "decimals", "6"),
        ({"codes": {"1": ShortCode("t", "credit", -1)}}, "decimals", "-1"),
        ({"actions": {"1": Action("t", "explode")}}, "action", "explode"),
        ({"actions": {"1": Action("t", "low_credit", 5)}}, "action", "low_credit"),
        ({"results": {}}, "results", "Accept"),
        ({"idle": "{key}"}, "frame", "{key}"),
        ({"idle": 5}, "frame", "5"),
        ({"unknown": 5}, "skin", "pln"),
    ],
)
def test_what_a_skin_cannot_have_is_named_with_its_value(
    changes: dict[str, Any], field: str, value: str
) -> None:
    with pytest.raises(FieldError) as refused:
        skin_of(**changes)
    assert refused.value.field == field
    assert refused.value.allowed
    assert value in str(refused.value.value)
    assert str(refused.value.value) in refused.value.message


# ---------------------------------------------------------------------- orders of a factory


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"first_serial": -1}, "first_serial", "-1"),
        ({"first_serial": "1"}, "first_serial", "'1'"),
        ({"quantity": 0}, "quantity", "0"),
        ({"ea": EA.DEA}, "ea", "'09'"),
        ({"default_key": vending_key(KeyType.DUTK)}, "default_key", "'DUTK'"),
        (
            {"default_key": vending_key(KeyType.DDTK, base_date=BaseDate.BD1993)},
            "base_date",
            "'14'",
        ),
    ],
)
def test_what_an_order_cannot_have_is_named_with_its_value(
    changes: dict[str, Any], field: str, value: str
) -> None:
    with pytest.raises(FieldError) as refused:
        order_of(**changes)
    assert (refused.value.field, refused.value.value) == (field, value)
    assert refused.value.allowed


def test_a_key_change_that_must_not_be_names_its_rule() -> None:
    made = make(order_of(quantity=1, ea=EA.STA, profile=profile_with(sections=2)))[0]
    live = unique_key(made.meter.pan, EA.STA, test=False)
    with pytest.raises(RuleError) as refused:
        personalise(made.meter, made.key, live, NOW, sta_tables=SAMPLE_TABLES)
    assert refused.value.rule == "test_key_to_live"
    with pytest.raises(RuleError) as refused:
        personalise(
            made.meter, made.key, replace(live, test=True), NOW, sta_tables=SAMPLE_TABLES, carry_sgc=True
        )
    assert refused.value.rule == "key_change_sections"
