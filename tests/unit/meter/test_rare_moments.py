"""What comes together rarely: a trip and emergency credit, a cut in a draw, the last count of credit."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from tests.unit.meter.shop import (
    MADE_TID,
    NOW,
    PAN,
    installed,
    key_of,
    later,
    power_cycle,
    profile_of,
    results,
    with_credit,
)
from tests.unit.meter.test_class1 import of_maker
from tests.unit.meter.test_display import text
from voltoken.errors import FieldError, MeterOff
from voltoken.meter import SKINS, Action, Emergency, FriendlyHours, Lockout, Memory, Meter, TokenResult
from voltoken.meter.memory import PowerFailure
from voltoken.sts import KRN, InitiateMeterTestDisplay, encode

HOUR = 3600
PLN = SKINS["pln"]
LENT = Emergency(5_000, 2_000)


def test_emergency_credit_is_lent_while_an_overload_holds_the_relay_open() -> None:
    meter, _ = with_credit(units=1, emergency=LENT)
    meter.use(14_000, NOW, seconds=HOUR)
    assert meter.reasons == ("power limit",)
    assert meter.take_emergency(later(1))
    assert (meter.memory.balance.emergency, meter.reasons) == ("invoked", ("power limit",))
    meter.wait(later(30))
    assert meter.relay == "connected"


@pytest.mark.parametrize("asked", ["01", "99"])
def test_a_code_of_another_form_is_another_maker_whatever_its_number(asked: str) -> None:
    token = InitiateMeterTestDisplay.of([4], asked)
    assert of_maker("1234").enter(encode(token).digits, NOW).result == "MfrCodeError"


def test_a_refused_key_change_is_told_and_is_no_wrong_token() -> None:
    meter, shop = installed(lockout=Lockout(after=1, counts_authentic=False), sections=4)
    tokens = shop.key_change(key_of(), roll_over=True)  # to the key it has
    *_, answer = [meter.enter(token, NOW) for token in tokens]
    assert (answer.result, answer.in_a_row, meter.lockout_s(NOW)) == ("KeyTypeError", 0, 0)
    assert answer.token is not None
    assert results(meter, "12") == ["FormatError"]
    assert meter.lockout_s(NOW) == 10


def test_the_last_count_of_credit_has_a_forecast() -> None:
    meter, _ = with_credit(units=1)
    assert meter.use(998, NOW, seconds=HOUR) == 998
    assert meter.use(1, NOW, seconds=HOUR) == 1
    assert (meter.credit, text(meter, "power"), text(meter, "forecast")) == (1, "1 W", "0 d 1 h")


def test_nothing_is_lent_while_there_is_credit() -> None:
    meter, _ = with_credit(units=1, emergency=LENT)
    assert text(meter, "lent", 3) == "0.000 kWh"


def test_after_a_power_cut_nothing_has_been_drawn_yet() -> None:
    meter, _ = with_credit()
    meter.use(100, NOW)
    assert text(meter, "power") == "6000 W"
    power_cycle(meter)
    assert text(meter, "power") == "0 W"


def test_without_power_the_error_names_the_meter() -> None:
    meter, shop = with_credit()
    meter.cut_power()
    with pytest.raises(MeterOff) as refused:
        meter.enter(shop.credit(), NOW)
    assert refused.value.detail == {"pan": str(PAN)}


@pytest.mark.parametrize("year", [1900, 9000])
def test_a_meter_lives_in_the_years_that_its_clock_can_add_to(year: int) -> None:
    meter, _ = with_credit()
    meter.wait(NOW.replace(year=year))
    for beyond in (1899, 9001):
        with pytest.raises(FieldError, match=str(beyond)) as refused:
            meter.wait(NOW.replace(year=beyond))
        assert refused.value.field == "now"


def test_a_credit_token_leaves_what_is_known_of_others() -> None:
    meter, shop = installed()
    limit = shop.limit(5_000)
    results(meter, limit)
    power_cycle(meter)
    results(meter, shop.credit())
    meter.use(14_000, NOW, seconds=HOUR)
    history = meter.memory.history
    assert (history.management_tokens, history.last_management) == (1, (limit,))
    assert (history.overload_trips, history.power_failures) == (1, 1)
    results(meter, shop.credit())
    assert meter.memory.history == history.with_credit(meter.memory.history.last_credit[0].token, 10_000)
    assert meter.memory.history.management_tokens == 1


# ---------------------------------------------------------------------- power that fails in a draw


def overloaded(writes: int) -> tuple[Meter, int]:
    """Overload a meter that has served 1 kWh, with a cut after so many writes; return what was served."""
    meter, _ = with_credit(units=100)
    meter.use(1_000, NOW, seconds=HOUR)
    meter.arm_cut(writes)
    served = meter.use(14_000, NOW, seconds=HOUR)
    assert not meter.is_powered
    return meter, served


def test_power_that_fails_before_a_trip_is_written_leaves_the_relay_closed() -> None:
    meter, served = overloaded(0)
    assert (meter.total, served, meter.supply.is_closed) == (1_000, 0, True)


@pytest.mark.parametrize("writes", [1, 2, 3])
def test_power_that_fails_once_a_trip_is_written_finds_the_relay_open(writes: int) -> None:
    meter, served = overloaded(writes)
    assert meter.supply.is_closed is False
    assert served == meter.total - 1_000
    meter.restore_power(NOW)
    assert (meter.total, meter.memory.history.overload_trips) == (1_000 + 14_000 * 5 // HOUR, 1)


def test_the_relay_opens_with_the_last_count_as_a_value_that_can_be_kept() -> None:
    meter, _ = with_credit(units=1)
    meter.use(1_000, NOW, seconds=HOUR)
    assert meter.to_document()["closed"] is False


def test_a_memory_can_be_written_again_after_the_power_failed() -> None:
    memory = installed()[0].memory
    memory.arm(1)
    memory.write("flags", frozenset({1}))
    with pytest.raises(PowerFailure):
        memory.write("flags", frozenset({2}))
    memory.write("flags", frozenset({3}))
    assert (memory.flags, memory.writes, memory.fuse) == (frozenset({3}), 2, None)


def test_writes_are_counted_each() -> None:
    memory: Memory = installed()[0].memory
    memory.commit({"flags": frozenset({1})})
    assert memory.writes == 1
    memory.commit({"flags": frozenset({2}), "tids": memory.tids})
    assert memory.writes == 5


# ---------------------------------------------------------------------- prices that are not flat


class Priced:
    """A price by the hour, with all beyond a quantity free. seen: the hours at which it was asked."""

    def __init__(self, free_beyond: int = 10**9) -> None:
        self.free_beyond = free_beyond
        self.seen: set[int] = set()

    def cost(self, quantity: int, total: int, now: datetime) -> Fraction:
        """Return the hour of the day for each count, up to a quantity."""
        assert total >= 0
        self.seen.add(now.hour)
        return Fraction(now.hour * min(quantity, self.free_beyond))


def priced(price: Priced, credit: int, **changes: Any) -> Meter:
    """Return a meter for money with so much credit."""
    profile = profile_of("currency", power_limit_w=None, **changes)
    meter = Meter.new(PAN, key_of(krn=KRN(1)), profile, filled_with=MADE_TID, price=price)
    meter.memory.balance = meter.memory.balance._replace(credit=credit)
    meter.wait(NOW)
    return meter


def test_what_is_drawn_costs_what_it_costs_at_the_hour() -> None:
    price = Priced()
    meter = priced(price, 1_000)
    assert meter.use(10, NOW, seconds=HOUR) == 10
    assert meter.use(10, later(HOUR), seconds=HOUR) == 10
    assert (meter.credit, price.seen) == (1_000 - 130 - 140, {13, 14})
    assert meter.use(100, later(HOUR), seconds=HOUR) == 53  # 730 of 14 each, the last one begun
    assert (meter.credit <= 0, meter.reasons) == (True, ("credit",))


def test_what_would_be_free_is_not_served_once_the_credit_has_gone() -> None:
    meter = priced(Priced(free_beyond=10), 130)
    assert meter.use(50, NOW, seconds=HOUR) == 10
    assert (meter.credit, meter.relay) == (0, "disconnected")


def test_money_too_is_lent_in_friendly_hours() -> None:
    sunday = NOW + timedelta(days=(7 - NOW.isoweekday()))
    meter = priced(Priced(), 130, friendly=(FriendlyHours((7,), 0, 1440),))
    assert meter.use(50, sunday, seconds=HOUR) == 50
    assert (meter.credit, meter.relay) == (130 - 50 * 13, "connected")


# ---------------------------------------------------------------------- what stands on the glass


def test_the_idle_text_leaves_places_empty_that_belong_to_a_token() -> None:
    meter, _ = installed()
    skin = replace(PLN, idle="{amount}{next}{tries}{seconds}[{balance}]")
    assert skin.idle_text(meter) == "[0.0 kWh]"


def test_a_code_that_does_something_shows_its_title() -> None:
    meter, _ = installed()
    shown = PLN.press(meter, "45607", NOW)
    assert (shown.title, shown.is_known) == ("low-credit limit set", True)


def test_a_code_without_digits_behind_it_sets_nought() -> None:
    meter, _ = installed()
    skin = replace(PLN, actions={"9": Action("alarm off", "low_credit")})
    assert skin.press(meter, "9", NOW).text == "0.0 kWh"
    assert meter.memory.limits.low_credit == 0


def test_an_accepted_token_that_awaits_nothing_asks_for_nothing() -> None:
    meter, shop = installed()
    skin = replace(PLN, results={**PLN.results, TokenResult.ACCEPT: ("next: {next}.",)})
    assert skin.frames(meter.enter(shop.credit(), NOW), meter) == ("next: .",)
