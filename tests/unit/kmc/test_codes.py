"""Manufacturer codes and serial numbers: no meter number exists twice."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.kmc.refusals import refusal
from tests.unit.kmc.town import Town
from voltoken.kmc import range_of
from voltoken.sts import MeterPAN

METER: dict[str, Any] = {
    "organisation": "meterco",
    "kind": "meter",
    "model": "M1",
    "edition": 2,
    "firmware": "1.0",
    "carriers": "numeric",
    "eas": "07,11",
}


@pytest.fixture
def maker(town: Town) -> Town:
    """Return a centre with a manufacturer whose meter is ready."""
    town.act("product", "add", "m1", **METER)
    town.act("product", "ready", "m1")
    return town


def test_a_manufacturer_with_a_meter_that_is_ready_gets_a_code(maker: Town) -> None:
    assert maker.act("mfr_code", "add", "0107", manufacturer="meterco").state == "allocated"


def test_a_manufacturer_without_such_a_meter_gets_none(town: Town) -> None:
    assert refusal(town, "mfr_code", "add", "0107", manufacturer="meterco") == "no_product"
    town.act("product", "add", "m1", **METER)
    assert refusal(town, "mfr_code", "add", "0107", manufacturer="meterco") == "no_product"


def test_codes_are_for_manufacturers_that_are_members(maker: Town) -> None:
    assert refusal(maker, "mfr_code", "add", "0107", manufacturer="lightco") == "kind"
    maker.act("organisation", "suspend", "meterco")
    assert refusal(maker, "mfr_code", "add", "0107", manufacturer="meterco") == "standing"


@pytest.mark.parametrize(("first", "second"), [("07", "0007"), ("0007", "07")])
def test_a_code_is_never_given_twice_in_either_form(maker: Town, first: str, second: str) -> None:
    maker.act("mfr_code", "add", first, manufacturer="meterco")
    maker.act("mfr_code", "withdraw", first)
    assert refusal(maker, "mfr_code", "add", second, manufacturer="meterco") == "same_code"
    assert refusal(maker, "mfr_code", "add", first, manufacturer="meterco") == "exists"


@pytest.mark.parametrize("code", ["00", "0000", "0100"])
def test_the_codes_of_public_tests_are_given_to_nobody(maker: Town, code: str) -> None:
    assert refusal(maker, "mfr_code", "add", code, manufacturer="meterco") == "reserved"


@pytest.fixture
def coded(maker: Town) -> Town:
    """Return a centre with two codes, and a range under each."""
    for code in ("07", "0108"):
        maker.act("mfr_code", "add", code, manufacturer="meterco")
        values: dict[str, Any] = {"mfr_code": code, "first": "00100000", "last": "00199999", "product": "m1"}
        maker.act("serial_range", "add", f"{code}-00100000", **values)
    return maker


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("00199999", "00200000"),
        ("00000000", "00100000"),
        ("00150000", "00150000"),
        ("00000000", "99999999"),
        ("00100000", "00199999"),
    ],
)
def test_serial_numbers_are_given_out_once(coded: Town, first: str, last: str) -> None:
    coded.act("serial_range", "exhaust", "07-00100000")
    values: dict[str, Any] = {"mfr_code": "07", "first": first, "last": last}
    found = refusal(coded, "serial_range", "add", f"07-{first}", **values)
    assert found == ("exists" if first == "00100000" else "overlap")


def test_ranges_that_touch_are_two(coded: Town) -> None:
    coded.act("serial_range", "add", "07-00200000", mfr_code="07", first="00200000", last="00200000")
    coded.act("serial_range", "add", "07-00000000", mfr_code="07", first="00000000", last="00099999")


def test_a_range_begins_before_it_ends_and_its_id_says_where(coded: Town) -> None:
    values: dict[str, Any] = {"mfr_code": "07", "first": "00300000", "last": "00299999"}
    assert refusal(coded, "serial_range", "add", "07-00300000", **values) == "order"
    assert refusal(coded, "serial_range", "add", "07-00300001", **values) == "range_id"
    assert refusal(coded, "serial_range", "add", "0108-00300000", **values) == "range_id"


def test_nothing_is_given_out_under_a_withdrawn_code_or_for_an_unready_meter(coded: Town) -> None:
    values: dict[str, Any] = {"mfr_code": "07", "first": "00300000", "last": "00399999"}
    coded.act("product", "add", "m2", **METER | {"model": "M2"})
    assert refusal(coded, "serial_range", "add", "07-00300000", product="m2", **values) == "standing"
    coded.act("mfr_code", "withdraw", "07")
    assert refusal(coded, "serial_range", "add", "07-00300000", **values) == "standing"


def test_the_range_of_a_meter_is_found_by_its_number(coded: Town) -> None:
    found = range_of(coded.state, MeterPAN.build("0108", "00100001"))
    assert found is not None
    assert found.entry_id == "0108-00100000"
    assert range_of(coded.state, MeterPAN.build("07", "00200000")) is None
    assert range_of(coded.state, MeterPAN.build("09", "00100001")) is None
