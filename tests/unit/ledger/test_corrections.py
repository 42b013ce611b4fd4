"""What was wrong is taken back by its opposite, once; nothing is edited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from tests.unit.ledger.books import DAY, FLOAT, HOUR, NOW, funded, own, sale
from voltoken.errors import TransferRefused
from voltoken.ledger import (
    Book,
    Leg,
    Post,
    Record,
    Reserve,
    State,
    Transfer,
    Void,
    reversal_of,
    verify_closings,
)

LATER = NOW + HOUR


def back(new_id: str = "R1", of: Transfer | None = None) -> Transfer:
    """Return a reversal of the sale, or of another transfer."""
    return reversal_of(sale() if of is None else of, new_id=new_id, at=LATER, day=DAY)


def refused(reason: str, act: Callable[[], object]) -> str:
    """Return the message of a refusal."""
    with pytest.raises(TransferRefused) as caught:
        act()
    assert caught.value.reason == reason
    told = caught.value.detail["id"]
    assert told in {"R1", "R2", "R3"}
    assert caught.value.message.startswith(f"Transfer {told}: ")
    return caught.value.message


def sold() -> Book:
    """Return a book with one sale."""
    ledger = funded()
    ledger.record(sale())
    return ledger


def test_a_reversal_takes_back_money_and_energy() -> None:
    ledger = sold()
    ledger.record(back())
    assert own(ledger, FLOAT) == 50000
    assert own(ledger, "sales:DOM") == own(ledger, "energy:sold") == 0
    standing = ledger.standing("V1")
    assert standing is not None
    assert standing.state is State.POSTED


def test_a_transfer_is_reversed_once() -> None:
    ledger = sold()
    ledger.record(back())
    assert "reversed by R1" in refused("reversed", lambda: ledger.record(back("R2")))
    assert ledger.record(back()).written is False


def test_a_reversal_that_is_only_reserved_counts() -> None:
    ledger = sold()
    ledger.reserve(back())
    refused("reversed", lambda: ledger.record(back("R2")))


@pytest.mark.parametrize("end", ["void", "expire"])
def test_a_reversal_that_came_to_nothing_leaves_room_for_another(end: str) -> None:
    ledger = sold()
    ledger.reserve(back(), expires=LATER + HOUR)
    if end == "void":
        ledger.void("R1", LATER)
    else:
        ledger.expire(LATER + HOUR)
    ledger.record(back("R2"))
    refused("reversed", lambda: ledger.record(back("R3")))


def test_two_reversals_in_one_batch_are_one_too_many() -> None:
    ledger = sold()
    refused("reversed", lambda: ledger.write([Reserve(back("R1")), Reserve(back("R2"))]))
    ledger.write([Record(back("R1"))])


def test_a_batch_is_the_same_as_its_commands_one_by_one() -> None:
    ledger = sold()
    ledger.reserve(back("R1"))
    ledger.write([Void("R1", LATER), Record(back("R2"))])
    assert own(ledger, FLOAT) == 50000
    refused("reversed", lambda: ledger.record(back("R3")))
    ledger = sold()
    ledger.reserve(back("R1"))
    refused("reversed", lambda: ledger.write([Post("R1", LATER), Record(back("R2"))]))
    ledger.write([Void("R1", LATER), Reserve(back("R2")), Void("R2", LATER), Record(back("R3"))])
    assert own(ledger, FLOAT) == 50000


@pytest.mark.parametrize("swept", [True, False])
def test_a_reversal_that_has_lapsed_makes_room_whether_anybody_looked_or_not(*, swept: bool) -> None:
    ledger = funded(11500)
    ledger.record(sale())
    ledger.reserve(back("R1"), expires=LATER + HOUR)
    if swept:
        ledger.expire(LATER + HOUR)
    ledger.record(replace(back("R2"), at=LATER + HOUR))
    standing = ledger.standing("R1")
    assert standing is not None
    assert (standing.state, standing.latest.at) == (State.EXPIRED, LATER + HOUR)
    assert [entry.state for entry in ledger.storage.entries(DAY, DAY)][-2:] == [State.EXPIRED, State.POSTED]
    assert own(ledger, FLOAT) == 11500
    assert verify_closings(ledger.storage) == ()
    with pytest.raises(TransferRefused, match="it is expired"):
        ledger.post("R1", LATER + HOUR - HOUR / 60)


def test_a_reversal_that_has_not_lapsed_by_its_own_time_still_counts() -> None:
    ledger = sold()
    ledger.reserve(back("R1"), expires=LATER + HOUR)
    refused("reversed", lambda: ledger.record(replace(back("R2"), at=LATER + HOUR - HOUR / 3600)))


def test_a_reversal_that_was_posted_in_time_counts_for_ever() -> None:
    ledger = sold()
    ledger.reserve(back("R1"), expires=LATER + HOUR)
    ledger.post("R1", LATER)
    refused("reversed", lambda: ledger.record(replace(back("R2"), at=LATER + 2 * HOUR)))


def test_what_a_lapsed_reversal_held_does_not_stand_in_the_way_of_the_next() -> None:
    ledger = funded(11500)
    standing = ledger.standing("dep-1")
    assert standing is not None
    ledger.reserve(back("R1", of=standing.transfer), expires=LATER + HOUR)
    ledger.record(replace(back("R2", of=standing.transfer), at=LATER + HOUR))
    assert own(ledger, FLOAT) == 0


def test_a_refused_reversal_leaves_a_lapsed_one_as_it_is() -> None:
    ledger = sold()
    ledger.reserve(back("R1"), expires=LATER + HOUR)
    ledger.close(DAY - 24 * HOUR, LATER, DAY)
    late = replace(back("R2"), at=LATER + HOUR, day=DAY - 24 * HOUR)
    refused("closed", lambda: ledger.record(late))
    standing = ledger.standing("R1")
    assert standing is not None
    assert standing.state is State.PENDING


def test_a_sale_and_its_reversal_may_come_in_one_batch() -> None:
    ledger = funded()
    ledger.write([Record(sale()), Record(back())])
    assert own(ledger, FLOAT) == 50000


@pytest.mark.parametrize("state", ["nothing", "pending", "voided"])
def test_only_what_is_posted_can_be_reversed(state: str) -> None:
    ledger = funded()
    if state != "nothing":
        ledger.reserve(sale())
    if state == "voided":
        ledger.void("V1", LATER)
    words = "not in the book" if state == "nothing" else state
    assert words in refused("corrects", lambda: ledger.record(back()))


def test_a_reversal_cannot_be_reversed() -> None:
    ledger = sold()
    ledger.record(back())
    assert "is a reversal itself" in refused("corrects", lambda: ledger.record(back("R2", of=back())))


def test_a_correction_is_the_exact_opposite() -> None:
    ledger = sold()
    legs = back().legs
    twice = tuple(Leg(account, 2 * amount, currency) for account, amount, currency in legs)
    for wrong in (twice, sale().legs, legs[:3], legs[3:]):
        message = refused("corrects", partial(ledger.record, replace(back(), legs=wrong)))
        assert "exact opposite of V1" in message
    ledger.record(replace(back(), legs=legs[::-1]))


def test_a_reversal_keeps_to_the_limits() -> None:
    ledger = funded(11500)
    ledger.record(sale())
    deposit = ledger.standing("dep-1")
    assert deposit is not None
    refused("limit", lambda: ledger.record(back("R1", of=deposit.transfer)))
