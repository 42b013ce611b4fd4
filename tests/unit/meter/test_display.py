"""Readings: what a meter can show of itself, as a number with its unit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.unit.meter.shop import MADE_TID, NOW, PAN, installed, key_of, power_cycle, results, with_credit
from voltoken.meter import PROFILES, READINGS, TESTS, Emergency, Meter, Reading, TamperKind
from voltoken.meter.display import rounded_down
from voltoken.sts import EA, DecoderKey, SetTariffRate, SetWaterMeterFactor, TokenNumber, registry

HOUR = 3600


def text(meter: Meter, name: str, decimals: int | None = None) -> str:
    """Return a reading as it is shown."""
    return READINGS[name](meter).text(decimals)


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        ("1.999", 1, "1.9"),
        ("1.999", 0, "1"),
        ("-0.001", 1, "-0.1"),
        ("0", 2, "0.00"),
        ("1234567890123456789.05", 1, "1234567890123456789.0"),
    ],
)
def test_readings_are_rounded_down(value: str, decimals: int, shown: str) -> None:
    assert rounded_down(Decimal(value), decimals) == shown
    assert Reading(Decimal(value), "kWh", decimals).text() == f"{shown} kWh"


def test_a_reading_without_a_unit_has_no_blank_behind_it() -> None:
    assert Reading("----").text() == "----"
    assert Reading(5, "W").text() == "5 W"
    assert Reading(Decimal("1.25"), "", 2).text(1) == "1.2"


def test_every_test_number_of_the_standard_has_a_reading() -> None:
    assert set(TESTS) == set(range(1, len(registry.METER_TESTS)))
    assert set(TESTS.values()) <= set(READINGS)


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("reading", READINGS)
def test_every_reading_of_every_meter_can_be_shown(name: str, reading: str) -> None:
    fresh, _ = installed(name, key_of(ea=EA.STA))
    busy, _ = with_credit(name, key=key_of(ea=EA.STA))
    busy.use(100, NOW)
    for meter in (fresh, busy):
        assert len(text(meter, reading)) > 0
        assert text(meter, reading) == text(meter, reading).strip()


def test_credit_and_total_in_units() -> None:
    meter, _ = with_credit(units=10)
    meter.use(1_234, NOW, seconds=HOUR)
    assert (text(meter, "credit"), text(meter, "credit", 3)) == ("8.7 kWh", "8.766 kWh")
    assert (text(meter, "total"), text(meter, "total", 2)) == ("1.2 kWh", "1.23 kWh")
    assert (text(meter, "credit_bought"), text(meter, "credit_tokens")) == ("10.0 kWh", "1")


def test_credit_in_money_is_never_shown_as_more_than_it_is() -> None:
    meter, _ = with_credit("currency", units=5)
    assert (text(meter, "credit"), text(meter, "low_credit")) == ("5.00 USD", "10.00 USD")
    meter.use(1_499, NOW, seconds=HOUR)
    assert (text(meter, "credit"), text(meter, "total")) == ("4.70 USD", "1.4 kWh")
    nameless, _ = with_credit("currency", currency="")
    assert text(nameless, "credit") == "10.00"


def test_what_is_lent_is_shown_as_a_debt() -> None:
    meter, _ = with_credit(units=1, emergency=Emergency(5_000, 2_000))
    assert text(meter, "lent") == "0.0 kWh"
    meter.take_emergency(NOW)
    meter.use(2_500, NOW, seconds=HOUR)
    assert (text(meter, "lent"), text(meter, "credit")) == ("1.5 kWh", "-1.5 kWh")


def test_the_key_is_shown_by_its_attributes() -> None:
    meter, _ = installed()
    shown = [text(meter, name) for name in ("krn_kt", "ti", "sgc", "ken", "ea", "sections")]
    assert shown == ["1.2", "01", "123457", "255", "11", "4"]
    assert (text(meter, "drn"), text(meter, "pan")) == (PAN.drn, str(PAN))


def test_a_meter_that_was_told_nothing_of_its_key_shows_blanks() -> None:
    key = DecoderKey(bytes(range(16)), EA.MISTY1)
    meter = Meter.new(PAN, key, PROFILES["single-phase"], filled_with=MADE_TID)
    assert [text(meter, name) for name in ("krn_kt", "ti", "sgc")] == ["----.2", "----", "----"]


@pytest.mark.parametrize(
    ("sections", "ea", "shown"), [(2, EA.STA, "2"), (3, EA.DEA, "3"), (4, EA.STA, "3"), (4, EA.MISTY1, "4")]
)
def test_the_number_of_sections_is_the_profiles_as_far_as_the_key_has_them(
    sections: int, ea: EA, shown: str
) -> None:
    meter, _ = installed(key=key_of(ea=ea), sections=sections)
    assert text(meter, "sections") == shown


def test_power_limits_and_what_tokens_have_stored() -> None:
    functions = ("SetTariffRate", "SetWaterMeterFactor")
    meter, shop = with_credit("three-phase", functions=functions)
    assert [text(meter, name) for name in ("power_limit", "unbalance_limit")] == ["41400 W", "13800 W"]
    assert [text(meter, name) for name in ("tariff_rate", "water_factor")] == ["----", "----"]
    rate, factor = SetTariffRate(5, shop.next_tid(), 7), SetWaterMeterFactor(5, shop.next_tid(), 8)
    results(meter, shop.digits(rate), shop.digits(factor))
    assert [text(meter, name) for name in ("tariff_rate", "water_factor")] == ["7", "8"]
    water, _ = installed("water")
    assert text(water, "power_limit") == "----"


def test_tampers_are_counted_by_kind_and_together() -> None:
    meter, _ = with_credit()
    assert text(meter, "tamper") == "none"
    for kind in (TamperKind.COVER, TamperKind.TERMINAL, TamperKind.TERMINAL, TamperKind.MAGNET):
        meter.tamper(kind, NOW)
    names = ("tamper", "tamper_cover", "tamper_terminal", "tamper_total", "relay")
    assert [text(meter, name) for name in names] == ["tampered", "1", "2", "4", "disconnected"]


@pytest.mark.parametrize(("used", "power", "left"), [(100, "100 W", "4 d 3 h"), (1, "1 W", "416 d 15 h")])
def test_the_forecast_divides_credit_by_power(used: int, power: str, left: str) -> None:
    meter, _ = with_credit(units=10)
    meter.use(used, NOW, seconds=HOUR)
    assert (text(meter, "power"), text(meter, "forecast")) == (power, left)


def test_there_is_no_forecast_without_power_credit_or_in_money() -> None:
    idle, _ = with_credit()
    empty, _ = with_credit(units=1, flags_set=())
    empty.use(1_000, NOW, seconds=HOUR)
    money, _ = with_credit("currency")
    money.use(10, NOW)
    assert [text(meter, "forecast") for meter in (idle, empty, money)] == ["----"] * 3


def test_the_last_tokens_and_their_amounts() -> None:
    meter, shop = installed()
    first, second, limit = shop.credit(1), shop.credit(2), shop.limit(1_000)
    results(meter, first, second, limit)
    assert text(meter, "credit_token_1") == TokenNumber.parse(second).grouped
    assert text(meter, "credit_token_2") == TokenNumber.parse(first).grouped
    assert text(meter, "management_token_1") == TokenNumber.parse(limit).grouped
    assert [text(meter, f"credit_amount_{n}") for n in (1, 2, 3)] == ["2.0 kWh", "1.0 kWh", "----"]
    assert [text(meter, name) for name in ("credit_token_3", "management_token_2")] == ["----", "----"]
    assert text(meter, "management_tokens") == "1"


def test_counters_of_the_meter() -> None:
    meter, _ = with_credit()
    meter.use(14_000, NOW, seconds=HOUR)
    power_cycle(meter)
    assert (text(meter, "overload_trips"), text(meter, "power_failures")) == ("1", "1")
    assert (text(meter, "software"), text(meter, "pulses")) == ("1.0", "1000 imp/kWh")
    assert (text(meter, "display_test"), text(meter, "token_reader")) == ("88888888", "good")


def test_the_register_of_the_token_result_shows_its_code() -> None:
    meter, shop = installed()
    shown = [text(meter, "token_result")]
    for token in (shop.credit(), "1", shop.key_change(key_of(2))[2]):
        meter.enter(token, NOW)
        shown.append(text(meter, "token_result"))
    assert shown == ["----", "1", "6", "----"]
