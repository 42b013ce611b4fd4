"""Class 1 tokens: the published ones, keyed in as digits, and that they leave no trace."""

from __future__ import annotations

import pytest

from tests.unit.meter.shop import (
    CLOCK,
    LOAD_SWITCH_TEST,
    MADE,
    NOW,
    PAN,
    Shop,
    installed,
    key_of,
    later,
    results,
    state_of,
    with_credit,
)
from tests.vectors.files import Entry, cases
from voltoken.meter import PROFILES, SKINS, EntryPath, Meter, Relay, TamperKind
from voltoken.sts import EA, SAMPLE_TABLES, InitiateMeterTestDisplay, MeterPAN, encode, registry

SHOWN = {
    1: "open, closed",
    2: "88888888",
    3: "2.0 kWh",
    4: "1.2",
    5: "01",
    6: "good",
    7: "13800 W",
    8: "none",
    9: "2000 W",
    10: "1.0",
    14: "11",
    15: "4",
    16: "123457",
    17: "255",
    18: "00000000000",
}
"""What the display shows on a meter that has used 2 of 10 kWh."""


def used_meter() -> Meter:
    """Return a meter with 8 kWh left that is delivering 2 kW."""
    meter, _ = with_credit()
    meter.use(2_000, NOW, seconds=3600)
    return meter


def of_maker(code: str) -> Meter:
    """Return a meter of another maker."""
    pan = MeterPAN.build(code, "00000000")
    made = int(CLOCK.tid_at(MADE))
    return Meter.new(pan, key_of(), PROFILES["single-phase"], filled_with=made, sta_tables=SAMPLE_TABLES)


@pytest.mark.parametrize("entry", cases("class1", "class1_display_tests"))
def test_published_tokens_show_what_they_ask_for(entry: Entry) -> None:
    meter, number = used_meter(), entry["test_number"]
    before = state_of(meter)
    answer = meter.enter(entry["token"], NOW)
    if number in (11, 12, 13):
        assert (answer.result, answer.tests) == ("FunctionError", ())
    else:
        expected = SHOWN | {18: PAN.drn} if number == 0 else {number: (SHOWN | {18: PAN.drn})[number]}
        assert answer.result == "Accept"
        assert {shown.number: shown.text for shown in answer.tests} == expected
        assert SKINS["pln"].frames(answer, meter) == tuple(expected.values())
    assert state_of(meter) == before


@pytest.mark.parametrize("entry", cases("class1", "class1_tokens") + cases("class1", "class1_tokens_hsm"))
def test_tokens_of_the_compliance_tests_find_their_maker(entry: Entry) -> None:
    meter = used_meter()
    result = meter.enter(entry["token"], NOW).result
    if int(entry["mfr_code"]):
        assert result == "MfrCodeError"
    else:
        assert result in ("Accept", "FunctionError")


@pytest.mark.parametrize("entry", cases("class1", "class1_tokens_hsm"))
def test_a_control_without_a_bit_asks_for_everything(entry: Entry) -> None:
    assert int(entry["control_hex"], 16) == 0
    answer = used_meter().enter(entry["token"], NOW)
    assert [shown.number for shown in answer.tests] == list(SHOWN)


@pytest.mark.parametrize(
    ("code", "asked", "result"),
    [
        ("07", "07", "Accept"),
        ("07", "08", "MfrCodeError"),
        ("07", "0007", "MfrCodeError"),
        ("07", "00", "Accept"),
        ("07", "0000", "Accept"),
        ("1234", "1234", "Accept"),
        ("1234", "0034", "MfrCodeError"),
        ("1234", "34", "MfrCodeError"),
        ("1234", "00", "Accept"),
        ("0034", "34", "MfrCodeError"),
    ],
)
def test_the_maker_is_compared_in_the_form_of_its_code(code: str, asked: str, result: str) -> None:
    meter = of_maker(code)
    token = encode(InitiateMeterTestDisplay.of([4], asked)).digits
    answer = meter.enter(token, NOW)
    assert answer.result == result
    assert answer.token == InitiateMeterTestDisplay.of([4], asked)
    if result == "MfrCodeError":
        assert answer.result.code == 14


def test_a_wrong_checksum_comes_before_the_maker() -> None:
    meter = used_meter()
    wrong = f"{int(LOAD_SWITCH_TEST) + 1:020d}"
    answer = meter.enter(wrong, NOW)
    assert (answer.result, answer.token) == ("CRCError", None)


def test_the_published_token_of_a_proprietary_subclass_is_a_function_error() -> None:
    assert used_meter().enter("1275 4194 1448 6450 5970", NOW).result == "FunctionError"


@pytest.mark.parametrize("subclass", range(2, 16))
def test_other_subclasses_of_class_1_are_function_errors(subclass: int) -> None:
    meter, shop = installed()
    assert results(meter, shop.authentic(1, subclass << 44)) == ["FunctionError"]


def test_of_several_tests_those_the_meter_has_are_shown() -> None:
    meter = used_meter()
    answer = meter.enter(encode(InitiateMeterTestDisplay.of([5, 11, 4, 12])).digits, NOW)
    assert answer.result == "Accept"
    assert [(shown.number, shown.name, shown.text) for shown in answer.tests] == [
        (4, "krn_kt", "1.2"),
        (5, "ti", "01"),
    ]


@pytest.mark.parametrize("name", PROFILES)
def test_the_test_of_all_shows_the_tests_of_the_profile(name: str) -> None:
    key = key_of(ea=EA.STA)
    meter, _ = installed(name, key)
    answer = meter.enter("56493153725450313471", NOW)
    assert tuple(shown.number for shown in answer.tests) == meter.profile.tests


def test_every_test_of_the_standard_can_be_shown() -> None:
    every = tuple(range(1, len(registry.METER_TESTS)))
    meter, _ = installed("three-phase", tests=every)
    answer = meter.enter("56493153725450313471", NOW)
    shown = {test.number: test.text for test in answer.tests}
    assert tuple(shown) == every
    assert (shown[1], shown[11], shown[12], shown[13]) == ("stays open", "13800 W", "----", "----")


def test_class_1_leaves_no_trace_not_even_among_pending_sections_and_failures() -> None:
    meter, shop = with_credit()
    meter.enter(shop.key_change(key_of(2))[0], NOW)
    meter.enter("1", NOW)
    before, writes = state_of(meter), meter.memory.writes
    wrong = f"{int(LOAD_SWITCH_TEST) + 1:020d}"
    foreign = encode(InitiateMeterTestDisplay.of([4], "99")).digits
    for token in (LOAD_SWITCH_TEST, wrong, foreign, shop.authentic(1, 9 << 44)):
        meter.enter(token, NOW)
    assert state_of(meter) == before
    assert meter.memory.writes == writes


def test_class_1_works_while_the_keypad_is_locked() -> None:
    meter, _ = with_credit()
    assert results(meter, *["1"] * 4) == ["FormatError"] * 3 + ["lockout"]
    assert results(meter, LOAD_SWITCH_TEST) == ["Accept"]


def test_load_switch_test_at_zero_credit_ends_open() -> None:
    meter, _ = installed()
    answer = meter.enter(LOAD_SWITCH_TEST, NOW)
    assert answer.tests[0].text == "stays open"
    assert meter.relay == "disconnected"
    assert meter.use(1, NOW) == 0


def test_load_switch_test_with_tamper_ends_open() -> None:
    meter, _ = with_credit()
    meter.tamper(TamperKind.COVER, NOW)
    for path in EntryPath:
        assert meter.enter(LOAD_SWITCH_TEST, NOW, path).tests[0].text == "stays open"
        assert (meter.relay, meter.reasons) == (Relay.DISCONNECTED, ("tamper",))


def test_load_switch_test_does_not_end_a_trip_nor_press_the_reconnect_key() -> None:
    tripped, _ = with_credit()
    tripped.use(14_000, NOW, seconds=3600)
    tripped.enter(LOAD_SWITCH_TEST, later(1))
    assert tripped.relay == "disconnected"
    ready, _ = with_credit(reconnect_by_key=True)
    assert ready.enter(LOAD_SWITCH_TEST, NOW).tests[0].text == "stays open"
    assert ready.relay == "ready"


def test_load_switch_test_of_a_connected_meter_leaves_it_connected() -> None:
    meter, _ = with_credit()
    assert meter.enter(LOAD_SWITCH_TEST, NOW).tests[0].text == "open, closed"
    assert meter.relay == "connected"


def test_the_key_test_tells_that_a_meter_was_recoded() -> None:
    key_test = "18446744073843772416"
    meter, shop = installed(key=key_of(1, EA.STA))
    assert meter.enter(key_test, NOW).tests[0].text == "1.2"
    results(meter, *shop.key_change(key_of(2, EA.STA), roll_over=True))
    assert meter.enter(key_test, NOW).tests[0].text == "2.2"
    assert Shop(key_of(2, EA.STA)).key.krn == 2
