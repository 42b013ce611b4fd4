"""A transfer is checked once, when it is made, and never changes."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.unit.ledger.books import DAY, FLOAT, NOW, ZAR, sale
from voltoken.errors import LedgerError, TransferRefused
from voltoken.ledger import KWH, Leg, Transfer, reversal_of
from voltoken.ledger.transfers import AMOUNT_MAX, DAY_MIN, LEGS_MAX
from voltoken.money import Currency, Money

PAIR = Leg("a", 1, ZAR), Leg("b", -1, ZAR)
THIS_DAY = date(2026, 3, 2)


def refused(reason: str, **changes: Any) -> TransferRefused:
    """Change a good transfer and return the refusal."""
    with pytest.raises(TransferRefused) as caught:
        replace(sale(), **changes)
    assert caught.value.reason == reason
    assert isinstance(caught.value, LedgerError)
    if reason not in {"id", "at"}:
        assert caught.value.message.startswith("Transfer V1: ")
        assert caught.value.detail["id"] == "V1"
    return caught.value


def test_a_transfer_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        sale().note = "x"  # type: ignore[misc] # on purpose


def test_legs_are_made_from_money() -> None:
    money = Money.of(5, "ZAR")
    assert Leg.debit("a", money) == Leg("a", 500, ZAR)
    assert Leg.credit("a", money) == Leg("a", -500, ZAR)


@pytest.mark.parametrize("new", ["", "a b", "é", "a" * 65, "a\n", None, 5, "\x7f"])
def test_an_id_is_short_printable_ascii(new: object) -> None:
    refused("id", id=new)
    if new is not None:
        refused("id", corrects=new)


@pytest.mark.parametrize("new", ["V1", "~", "!", "a" * 64, "<vend>:1"])
def test_ids_of_the_caller_are_taken_as_they_are(new: str) -> None:
    assert replace(sale(), id=new, corrects=new).id == new


@pytest.mark.parametrize("kind", ["", "Vend", "1a", "a b", "a-b", "a" * 41, None, "vend\n"])
def test_a_kind_is_one_word(kind: object) -> None:
    refused("kind", kind=kind)


def test_a_kind_may_have_forty_characters() -> None:
    assert replace(sale(), kind="a" + "_9" * 19 + "z").kind.endswith("z")


@pytest.mark.parametrize(
    "at", [NOW.replace(tzinfo=None), datetime(2026, 3, 2, 8, tzinfo=timezone(timedelta(hours=2))), DAY, None]
)
def test_times_are_in_utc(at: object) -> None:
    error = refused("at", at=at)
    assert "UTC" in error.message
    assert error.detail["id"] == "V1"


def test_utc_by_another_name_is_utc() -> None:
    greenwich = timezone(timedelta(0), "GMT")
    assert greenwich is not UTC
    assert replace(sale(), at=datetime(2026, 3, 2, 8, 30, tzinfo=greenwich)) == sale()


@pytest.mark.parametrize("day", [NOW, None, date(1969, 12, 31), "2026-03-02"])
def test_the_day_is_a_date(day: object) -> None:
    refused("day", day=day)


def test_the_first_day_can_be_booked_on() -> None:
    assert replace(sale(), day=DAY_MIN).day == date(1970, 1, 1)


@pytest.mark.parametrize("name", ["reference", "note"])
@pytest.mark.parametrize("text", ["a\nb", "\t", "a" * 201, None, 5, "\u202eb"])
def test_texts_are_short_and_printable(name: str, text: object) -> None:
    refused("text", **{name: text})


def test_texts_may_have_two_hundred_characters_of_any_script() -> None:
    assert replace(sale(), note="ñ" * 200, reference="电" * 200).note == "ñ" * 200


@pytest.mark.parametrize(
    "legs",
    [
        (),
        PAIR[:1],
        list(PAIR),
        (("a", 1, ZAR), ("b", -1, ZAR)),
        (Leg("a", 1, "ZAR"), PAIR[1]),  # type: ignore[arg-type] # on purpose
        (Leg(["a"], 1, ZAR), PAIR[1]),  # type: ignore[arg-type] # on purpose
        None,
    ],
)
def test_legs_are_two_or_more_in_a_tuple(legs: object) -> None:
    refused("legs", legs=legs)


def many(count: int) -> tuple[Leg, ...]:
    """Return legs that add up to zero."""
    return (Leg("all", count - 1, ZAR), *(Leg(f"a{number}", -1, ZAR) for number in range(count - 1)))


def test_there_is_a_limit_to_legs() -> None:
    assert len(replace(sale(), legs=many(LEGS_MAX)).legs) == LEGS_MAX == 1000
    refused("legs", legs=many(LEGS_MAX + 1))


@pytest.mark.parametrize("amount", [0, 1.0, True, AMOUNT_MAX + 1, -AMOUNT_MAX - 1, None])
def test_amounts_are_whole_and_not_zero(amount: object) -> None:
    legs = Leg("a", amount, ZAR), Leg("b", -1, ZAR)  # type: ignore[arg-type] # on purpose
    assert "a must be a whole number" in refused("amount", legs=legs).message


def test_the_largest_amount_is_taken() -> None:
    legs = Leg("a", AMOUNT_MAX, ZAR), Leg("b", -AMOUNT_MAX, ZAR)
    assert replace(sale(), legs=legs).legs == legs


def test_an_account_has_one_leg() -> None:
    legs = Leg("a", 1, ZAR), Leg("a", 1, ZAR), Leg("b", -2, ZAR)
    refused("account_twice", legs=legs)


def test_a_transfer_adds_up_to_zero_in_each_currency() -> None:
    legs = *PAIR, Leg("c", 1, KWH), Leg("d", -3, KWH)
    message = refused("unbalanced", legs=legs).message
    assert "come to -0.2 kWh" in message
    assert "ZAR" not in message


def test_currencies_do_not_balance_one_another() -> None:
    assert "+0.01 ZAR" in refused("unbalanced", legs=(Leg("a", 1, ZAR), Leg("b", -1, KWH))).message
    refused("unbalanced", legs=(Leg("a", 1, ZAR), Leg("b", -1, Currency("ZAR", 3))))


def test_a_message_says_which_transfer_is_meant() -> None:
    error = refused("amount", legs=(Leg("a", 0, ZAR), Leg("b", -1, ZAR)))
    assert error.message.startswith("Transfer V1: ")
    assert error.detail == {"reason": "amount", "id": "V1"}


def test_a_reversal_is_the_exact_opposite() -> None:
    later = datetime(2026, 4, 1, tzinfo=UTC)
    back = reversal_of(sale(), new_id="R1", at=later, day=THIS_DAY, note="wrong meter")
    assert {leg.account: leg.amount for leg in back.legs} == {
        FLOAT: -11500,
        "sales:DOM": 10000,
        "tax:VAT": 1500,
        "energy:sold": -477,
        "energy:issued": 477,
    }
    assert (back.id, back.kind, back.at, back.day, back.corrects) == ("R1", "reversal", later, THIS_DAY, "V1")
    assert (back.reference, back.note) == ("till-4/000123", "wrong meter")


def test_a_reversal_can_have_a_kind_of_its_own() -> None:
    assert reversal_of(sale(), new_id="R", at=NOW, day=DAY, kind="cancel_vend").kind == "cancel_vend"


def test_transfers_are_equal_by_what_they_say() -> None:
    assert sale() == sale()
    assert isinstance(sale(), Transfer)
    assert sale() != replace(sale(), note="again")
