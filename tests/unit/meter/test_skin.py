"""Skins: short codes, what they do, what stands on the glass after a token, and their documents."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.meter.shop import (
    NO_TOKEN,
    NOW,
    PAN,
    Shop,
    installed,
    key_of,
    later,
    results,
    with_credit,
)
from tests.unit.meter.test_profile import JSON
from voltoken.errors import FieldError, MeterOff
from voltoken.meter import READINGS, SKINS, Answer, Emergency, Meter, ShortCode, Skin, TokenResult
from voltoken.sts import EA, TokenNumber

PLN = SKINS["pln"]
REGISTERS = SKINS["registers"]
EVERY_SKIN = pytest.mark.parametrize("skin", SKINS.values(), ids=lambda skin: skin.name)


def glass(meter: Meter, token: str, skin: Skin = PLN) -> tuple[str, ...]:
    """Enter a token and return what stands on the glass."""
    return skin.frames(meter.enter(token, NOW), meter)


def test_an_accepted_token_shows_amount_and_balance() -> None:
    meter, shop = installed()
    assert glass(meter, shop.credit(10)) == ("ACCEPt", "10.0 kWh", "10.0 kWh")
    assert glass(meter, shop.credit(5), REGISTERS) == ("Accepted", "+ 5.0 kWh", "15.0 kWh")
    assert glass(meter, shop.limit(1_000)) == ("ACCEPt", "15.0 kWh")


def test_refusals_show_how_often_and_why() -> None:
    meter, shop = with_credit(credit_max=10_000)
    used, foreign = shop.credit(tid=shop.tid), Shop(key_of(2)).credit()
    assert glass(meter, used) == ("rEJECt-1", "USEd")
    assert glass(meter, foreign) == ("rEJECt-2", "FAIL")
    assert glass(meter, shop.credit(tid=1)) == ("rEJECt-3", "OLd")
    assert glass(meter, used) == ("rEJECt", "WAIt 10 S")
    assert glass(meter, used, REGISTERS) == ("Wait", "10 s")
    full, shop = with_credit(credit_max=10_000)
    assert glass(full, shop.credit()) == ("rEJECt", "FULL")


def test_key_change_sections_ask_for_the_next() -> None:
    meter, shop = installed(key=key_of(ea=EA.STA))
    first, second = shop.key_change(key_of(2, EA.STA))
    assert glass(meter, second) == ("ACCEPt", "PLS 1St")
    assert glass(meter, first) == ("ACCEPt", "0.0 kWh")
    long, shop = installed()
    shown = [glass(long, token, REGISTERS) for token in shop.key_change(key_of(2))[:3]]
    assert shown == [
        ("1 of the key taken", "Enter 2nd"),
        ("2 of the key taken", "Enter 3rd"),
        ("3 of the key taken", "Enter 4th"),
    ]


@EVERY_SKIN
@pytest.mark.parametrize("result", TokenResult)
def test_every_result_has_frames_without_places(skin: Skin, result: TokenResult) -> None:
    meter, _ = with_credit()
    frames = skin.frames(Answer(result), meter)
    assert frames
    assert not any("{" in frame for frame in frames)
    assert result is TokenResult.NOT_READY or all(frames)


@EVERY_SKIN
def test_every_code_of_every_skin_shows_something(skin: Skin) -> None:
    meter, _ = with_credit()
    for code, row in skin.codes.items():
        shown = skin.press(meter, code, NOW)
        assert (shown.title, shown.is_known) == (row.title, True)
        assert shown.text == READINGS[row.reading](meter).text(row.decimals)
    assert skin.idle_text(meter).endswith("10.0 kWh")


def test_codes_that_people_know() -> None:
    meter, shop = with_credit(units=10)
    meter.use(1_234, NOW, seconds=3600)
    shown = {code: PLN.press(meter, code, NOW).text for code in ("37", "38", "04", "07", "75", "77", "54")}
    last = TokenNumber.parse(shop.credit(tid=shop.tid)).grouped
    assert shown == {
        "37": "8.76 kWh",
        "38": "1.23 kWh",
        "04": "1.2",
        "07": "13800 W",
        "75": PAN.drn,
        "77": "123457",
        "54": last,
    }
    assert REGISTERS.press(meter, "059", NOW).text == "8.766 kWh"
    assert REGISTERS.press(meter, "078", NOW).text == "1"


@pytest.mark.parametrize("code", ["", "5", "999", "0", "037", "12", "1234", "123456", "123x5", "456", "3 7"])
def test_a_code_the_meter_does_not_have_is_said_to_be_none(code: str) -> None:
    meter, _ = with_credit()
    before = meter.memory.writes
    shown = PLN.press(meter, code, NOW)
    assert (shown.text, shown.title, shown.is_known) == ("----", "", False)
    assert REGISTERS.press(meter, "12", NOW).text == "No such register"
    assert meter.memory.writes == before


def test_codes_set_the_alarm() -> None:
    meter, _ = with_credit()
    assert PLN.press(meter, "12345", NOW).text == "45 min"
    assert PLN.press(meter, "45607", NOW).text == "7.0 kWh"
    assert (meter.memory.limits.alarm_minutes, meter.memory.limits.low_credit) == (45, 7_000)
    assert (PLN.press(meter, "78", NOW).text, PLN.press(meter, "79", NOW).text) == ("45 min", "7.0 kWh")
    money, _ = with_credit("currency")
    assert REGISTERS.press(money, "910012", NOW).text == "12.00 USD"
    assert money.memory.limits.low_credit == 1_200_000


def test_codes_take_emergency_credit_and_press_the_reconnect_key() -> None:
    meter, _ = with_credit(units=1, emergency=Emergency(5_000, 2_000), reconnect_by_key=True)
    assert PLN.press(meter, "98", NOW).text == "on"
    meter.use(1_000, NOW, seconds=3600)
    assert PLN.press(meter, "98", NOW).text == "no"
    assert [PLN.press(meter, "99", NOW).text for _ in range(2)] == ["on", "no"]
    assert (meter.relay, PLN.press(meter, "98", NOW).text) == ("ready", "on")


def test_pressing_a_code_lets_time_take_effect() -> None:
    meter, _ = with_credit()
    meter.use(14_000, NOW, seconds=3600)
    assert PLN.press(meter, "01", later(1)).text == "stays open"
    assert PLN.press(meter, "01", later(30)).text == "open, closed"


@EVERY_SKIN
def test_without_power_the_keypad_is_dead(skin: Skin) -> None:
    meter, _ = with_credit()
    meter.cut_power()
    with pytest.raises(MeterOff):
        skin.press(meter, "000", NOW)


@EVERY_SKIN
def test_a_skin_travels_as_json(skin: Skin) -> None:
    assert Skin.from_document(json.loads(json.dumps(skin.to_document()))) == skin


WRONG: list[tuple[str, Any]] = [
    ("codes", {"x": {"title": "t", "reading": "credit"}}),
    ("codes", {"": {"title": "t", "reading": "credit"}}),
    ("codes", {"1234567": {"title": "t", "reading": "credit"}}),
    ("codes", {"٣": {"title": "t", "reading": "credit"}}),
    ("codes", {"1": {"title": "t", "reading": "key"}}),
    ("codes", {"1": {"title": "t", "reading": []}}),
    ("codes", {"1": {"title": "t", "reading": "credit", "decimals": 6}}),
    ("codes", {"1": {"title": "t", "reading": "credit", "decimals": "1"}}),
    ("codes", {"1": {"title": "t", "reading": "credit", "colour": 1}}),
    ("codes", []),
    ("actions", {"1": {"title": "t", "name": "explode"}}),
    ("actions", {"1": {"title": "t", "name": "emergency", "digits": 5}}),
    ("actions", {"x": {"title": "t", "name": "emergency"}}),
    ("results", {"Accept": ["yes"]}),
    ("results", {"Maybe": ["yes"]}),
    ("results", None),
    ("idle", "{key}"),
    ("idle", "{}"),
    ("idle", "{balance"),
    ("idle", "{balance.real}"),
    ("idle", "{balance.upper}"),
    ("idle", "{balance[0]}"),
    ("idle", "{balance:d}"),
    ("idle", "{seconds:s}"),
    ("idle", "{balance:999999999}"),
    ("idle", 5),
    ("unknown", 5),
    ("colour", "red"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_what_a_skin_cannot_have_is_refused(name: str, value: Any) -> None:
    with pytest.raises(FieldError):
        Skin.from_document(PLN.to_document() | {name: value})


def test_a_result_frame_has_places_for_known_values_only() -> None:
    document = PLN.to_document()
    for frame in ("{key}", "{tries:s}", "{seconds.real}"):
        wrong = document | {"results": document["results"] | {"Accept": [frame]}}
        with pytest.raises(FieldError):
            Skin.from_document(wrong)


def test_a_skin_made_in_a_program_is_checked_too() -> None:
    codes = {"1": ShortCode("t", "key")}
    with pytest.raises(FieldError, match="reading: 'key' is not allowed"):
        Skin("mine", "Mine", codes, {}, PLN.results)


@given(st.dictionaries(st.sampled_from(sorted(PLN.to_document())), JSON, max_size=3))
def test_any_document_is_a_skin_or_refused(changes: dict[str, Any]) -> None:
    try:
        skin = Skin.from_document(PLN.to_document() | changes)
    except FieldError:
        return
    meter, _ = with_credit()
    assert isinstance(skin.press(meter, "37", NOW).text, str)
    assert isinstance(skin.idle_text(meter), str)
    assert all(skin.frames(Answer(result), meter) is not None for result in TokenResult)


def test_a_wrong_document_is_refused_whole() -> None:
    wrong: list[Any] = [{}, {"name": "x"}, [], None]
    for document in wrong:
        with pytest.raises(FieldError, match=r"of the form that Skin\.to_document writes"):
            Skin.from_document(document)


def test_tries_are_those_of_the_way_that_failed_most() -> None:
    meter, shop = installed()
    results(meter, NO_TOKEN, NO_TOKEN)
    assert glass(meter, shop.credit(tid=1)) == ("rEJECt-3", "OLd")
