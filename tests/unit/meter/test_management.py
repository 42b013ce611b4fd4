"""Management tokens: limits, registers, flags, tamper, and who has which function."""

from __future__ import annotations

import pytest

from tests.unit.meter.shop import (
    ALL_OF_CLASS_2,
    NOW,
    Shop,
    installed,
    key_of,
    later,
    results,
    state_of,
    with_credit,
)
from voltoken.meter import PROFILES, Meter, Relay, TamperKind
from voltoken.sts import (
    EA,
    ExtendedTokenSet,
    Service,
    SetMaximumPhasePowerUnbalanceLimit,
    SetTariffRate,
    SetWaterMeterFactor,
)


def every_management_token(shop: Shop) -> dict[str, str]:
    """Make one good token of each kind, by the name of its layout."""
    return {
        "SetMaximumPowerLimit": shop.limit(5_000),
        "ClearCredit": shop.clear_credit(),
        "SetTariffRate": shop.digits(SetTariffRate(5, shop.next_tid(), 7)),
        "ClearTamperCondition": shop.clear_tamper(),
        "SetMaximumPhasePowerUnbalanceLimit": unbalance(shop, 5_000),
        "SetWaterMeterFactor": shop.digits(SetWaterMeterFactor(5, shop.next_tid(), 8)),
        "ExtendedTokenSet.SetFlag": shop.flag(1, 0),
    }


def unbalance(shop: Shop, watts: int) -> str:
    """Make a token that limits the difference between phases."""
    return shop.digits(SetMaximumPhasePowerUnbalanceLimit.of(watts, tid=shop.next_tid(), rnd=5))


@pytest.mark.parametrize("name", PROFILES)
def test_a_meter_has_the_functions_of_its_profile_and_no_others(name: str) -> None:
    meter, shop = installed(name, key_of(ea=EA.STA), lockout=None)
    for function, token in every_management_token(shop).items():
        wanted = "Accept" if function in meter.profile.functions else "FunctionError"
        assert results(meter, token) == [wanted]


@pytest.mark.parametrize("missing", ALL_OF_CLASS_2)
def test_a_function_that_is_taken_from_the_profile_is_gone(missing: str) -> None:
    functions = tuple(name for name in ALL_OF_CLASS_2 if name != missing)
    meter, shop = installed("three-phase", functions=functions)
    before = state_of(meter)
    answer = meter.enter(every_management_token(shop)[missing], NOW)
    assert (answer.result, answer.result.code) == ("FunctionError", 8)
    assert answer.token is not None
    assert state_of(meter) | {"lockout": {}} == before


def test_the_power_limit_is_set_within_the_range_of_the_model() -> None:
    meter, shop = installed(power_limit_range_w=(1_000, 10_000), lockout=None)
    tokens = [shop.limit(watts) for watts in (999, 1_000, 10_000, 10_001)]
    assert results(meter, *tokens) == ["RangeError", "Accept", "Accept", "RangeError"]
    assert meter.memory.limits.power_w == 10_000
    assert meter.memory.history.management_tokens == 2


def test_the_unbalance_limit_is_for_three_phases_and_within_the_range() -> None:
    meter, shop = installed("three-phase", lockout=None)
    assert results(meter, unbalance(shop, 41_500), unbalance(shop, 2_000)) == ["RangeError", "Accept"]
    assert meter.memory.limits.unbalance_w == 2_000
    of_one, shop = installed(functions=ALL_OF_CLASS_2)
    assert results(of_one, unbalance(shop, 2_000)) == ["FunctionError"]
    assert of_one.memory.limits.unbalance_w is None


@pytest.mark.parametrize("service", [Service.WATER, Service.GAS, Service.TIME, Service.WATER_CURRENCY])
def test_limits_of_power_are_for_electricity(service: Service) -> None:
    meter, shop = installed("three-phase", service=service, functions=ALL_OF_CLASS_2)
    assert results(meter, shop.limit(2_000), unbalance(shop, 2_000)) == ["FunctionError"] * 2


def test_limits_of_power_are_for_electricity_paid_in_money_too() -> None:
    meter, shop = installed("three-phase", service=Service.ELECTRICITY_CURRENCY)
    assert results(meter, shop.limit(2_000), unbalance(shop, 3_000)) == ["Accept"] * 2
    assert (meter.memory.limits.power_w, meter.memory.limits.unbalance_w) == (2_000, 3_000)


def test_tariff_rate_and_water_factor_are_stored_as_they_come() -> None:
    meter, shop = installed(functions=ALL_OF_CLASS_2)
    rate = shop.digits(SetTariffRate(5, shop.next_tid(), 0xBEEF))
    factor = shop.digits(SetWaterMeterFactor(5, shop.next_tid(), 0xFFFF))
    assert results(meter, rate, factor) == ["Accept", "Accept"]
    assert meter.memory.limits.tariff_rate == 0xBEEF
    assert meter.memory.limits.water_factor == 0xFFFF


@pytest.mark.parametrize(
    ("name", "register"), [("single-phase", 0), ("water", 1), ("gas", 2), ("time", 3), ("currency", 4)]
)
def test_clear_credit_takes_the_register_of_the_service_or_all(name: str, register: int) -> None:
    others = [number for number in (*range(9), 0xFFFE, 255) if number != register]
    for wanted in (register, 0xFFFF):
        meter, shop = with_credit(name, lockout=None)
        assert set(results(meter, *map(shop.clear_credit, others))) == {"RangeError"}
        assert meter.credit > 0
        assert results(meter, shop.clear_credit(wanted)) == ["Accept"]
        assert (meter.credit, meter.relay, meter.reasons) == (0, "disconnected", ("credit",))


def test_clear_credit_forgets_what_was_owed_and_lent() -> None:
    meter, shop = with_credit("currency", units=1)
    meter.use(3, NOW)
    meter.enter(shop.clear_credit(), NOW)
    assert meter.memory.balance.owed == 0
    lent, shop = with_credit("emergency", units=1, friendly=(), reconnect_by_key=False)
    assert lent.take_emergency(NOW)
    lent.use(3_000, NOW, seconds=3600)
    assert results(lent, shop.clear_credit()) == ["Accept"]
    assert (lent.credit, lent.memory.balance.emergency, lent.relay) == (0, "off", "disconnected")
    assert lent.total == 3_000


def test_clear_tamper_ends_the_condition_and_keeps_the_counters() -> None:
    meter, shop = with_credit()
    for kind in (TamperKind.COVER, TamperKind.COVER, TamperKind.TERMINAL, TamperKind.MAGNET):
        meter.tamper(kind, NOW)
    tamper = meter.memory.tamper
    assert (tamper.condition, tamper.cover, tamper.terminal, tamper.magnet) == (True, 2, 1, 1)
    assert meter.relay == "disconnected"
    assert results(meter, shop.clear_tamper()) == ["Accept"]
    assert meter.memory.tamper == tamper._replace(condition=False)
    assert meter.relay == "connected"


def test_tamper_survives_a_power_cut() -> None:
    meter, _ = with_credit()
    meter.tamper(TamperKind.MAGNET, NOW)
    meter.cut_power()
    meter.restore_power(later(60))
    assert (meter.relay, meter.reasons) == (Relay.DISCONNECTED, ("tamper",))


def test_without_flag_1_a_tamper_is_only_counted() -> None:
    meter, shop = with_credit()
    meter.enter(shop.flag(1, 0), NOW)
    meter.tamper(TamperKind.COVER, NOW)
    assert (meter.memory.tamper.condition, meter.memory.tamper.cover) == (False, 1)
    assert meter.relay == "connected"


def test_without_flag_3_a_tamper_does_not_disconnect_until_the_flag_is_set() -> None:
    meter, shop = with_credit()
    meter.enter(shop.flag(3, 0), NOW)
    meter.tamper(TamperKind.COVER, NOW)
    assert (meter.memory.tamper.condition, meter.relay) == (True, "connected")
    meter.enter(shop.flag(3, 1), NOW)
    assert (meter.relay, meter.reasons) == (Relay.DISCONNECTED, ("tamper",))


def test_the_service_flag_disconnects_and_connects_again() -> None:
    meter, shop = with_credit()
    assert results(meter, shop.flag(2, 1)) == ["Accept"]
    assert (meter.relay, meter.reasons) == (Relay.DISCONNECTED, ("service",))
    assert meter.use(1, NOW) == 0
    assert results(meter, shop.flag(2, 0)) == ["Accept"]
    assert meter.relay == "connected"


def test_flags_are_set_one_at_a_time() -> None:
    meter, shop = installed()
    before = meter.memory.flags
    assert results(meter, shop.flag(2, 1), shop.flag(4, 0), shop.flag(4, 0)) == ["Accept"] * 3
    assert meter.memory.flags == (before | {2}) - {4}


@pytest.mark.parametrize("flag", [0, 5, 7, 11, 511])
def test_a_flag_the_meter_does_not_have_is_a_function_error(flag: int) -> None:
    meter, shop = installed()
    assert results(meter, shop.flag(flag, 1)) == ["FunctionError"]


@pytest.mark.parametrize("index", [0, 1, 62])
def test_another_index_than_that_of_a_flag_is_a_function_error(index: int) -> None:
    meter, shop = installed()
    token = ExtendedTokenSet(5, shop.next_tid(), index << 10 | 1 << 1 | 1)
    assert results(meter, shop.digits(token)) == ["FunctionError"]


def test_the_alarm_of_low_credit_is_set_at_the_keypad() -> None:
    meter, _ = with_credit(units=10)
    low = [meter.is_low]
    meter.set_limits(NOW, low_credit=9_999)
    assert [*low, meter.is_low] == [True, False]
    meter.set_limits(NOW, alarm_minutes=30)
    assert (meter.memory.limits.low_credit, meter.memory.limits.alarm_minutes) == (9_999, 30)
    for wrong in (-1, 10**12 + 1, True, 1.5):
        _refuses(meter, wrong)


def _refuses(meter: Meter, wrong: object) -> None:
    """Fail unless both limits are refused and nothing is written."""
    before = meter.memory.limits
    for name in ("low_credit", "alarm_minutes"):
        with pytest.raises(ValueError, match=f"{name}: .* a whole number"):
            meter.set_limits(NOW, **{name: wrong})  # type: ignore[arg-type] # that is the point
    assert meter.memory.limits == before
