"""Limits are invariants: no write takes an account beyond one, whatever becomes of what is pending."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.ledger.books import DAY, FLOAT, HOUR, NOW, ZAR, book, deposit, funded, own, sale
from voltoken.errors import TransferRefused
from voltoken.ledger import Account, AccountKind, Book, Leg, Limit, Transfer

CASH = "vendor:A3:cash"


def refused(act: Callable[[], object]) -> TransferRefused:
    """Return the refusal of an act that breaks a limit."""
    with pytest.raises(TransferRefused) as caught:
        act()
    assert caught.value.reason == "limit"
    return caught.value


def with_agent(ceiling: int, floor: int | None = None) -> Book:
    """Return a book with an agent who may hold so much cash."""
    ledger = book()
    ledger.open(Account(CASH, AccountKind.ASSET, ZAR, limit=Limit(floor, ceiling)))
    return ledger


def takings(amount: int, transfer_id: str) -> Transfer:
    """Return cash that an agent takes in, or hands over when it is below zero."""
    return Transfer(transfer_id, "cash", NOW, DAY, (Leg(CASH, amount, ZAR), Leg("sales:DOM", -amount, ZAR)))


def test_a_float_may_be_used_up_to_the_last_cent() -> None:
    ledger = funded(11500)
    ledger.record(sale())
    assert own(ledger, FLOAT) == 0


def test_a_float_may_not_be_overdrawn_by_a_cent() -> None:
    ledger = funded(11499)
    error = refused(lambda: ledger.record(sale()))
    assert f"{FLOAT} must keep at least 0.00 ZAR, and would come to -0.01 ZAR" in error.message
    assert error.detail == {"reason": "limit", "id": "V1", "account": FLOAT, "over": 1}


def test_an_overdraft_is_a_floor_below_zero() -> None:
    ledger = book()
    ledger.change_limit(FLOAT, Limit(at_least=-11500))
    ledger.record(sale("V1"))
    assert "-115.00 ZAR" in refused(lambda: ledger.record(sale("V2"))).message


def test_a_reserved_sale_burdens_the_float_at_once() -> None:
    ledger = funded(20000)
    ledger.reserve(sale("V1"))
    refused(lambda: ledger.reserve(sale("V2")))
    refused(lambda: ledger.record(sale("V2")))
    ledger.void("V1", NOW)
    ledger.record(sale("V2"))


def test_a_reserved_sale_can_always_be_posted() -> None:
    ledger = funded(11500)
    ledger.reserve(sale())
    ledger.post("V1", NOW)
    assert own(ledger, FLOAT) == 0


def test_a_lapsed_sale_gives_the_float_back() -> None:
    ledger = funded(11500)
    ledger.reserve(sale("V1"), expires=NOW + HOUR)
    ledger.expire(NOW + HOUR)
    ledger.record(sale("V2"))


def test_a_reserved_deposit_does_not_help_until_it_is_posted() -> None:
    ledger = book()
    ledger.reserve(deposit(50000))
    refused(lambda: ledger.reserve(sale()))
    ledger.post("dep-1", NOW)
    ledger.reserve(sale())


def test_an_agent_may_hold_cash_up_to_the_ceiling() -> None:
    ledger = with_agent(1000)
    ledger.record(takings(1000, "T1"))
    error = refused(lambda: ledger.record(takings(1, "T2")))
    assert f"{CASH} may hold at most 10.00 ZAR, and would come to 10.01 ZAR" in error.message
    assert error.detail == {"reason": "limit", "id": "T2", "account": CASH, "over": 1}
    assert "handed over" in error.message


def test_a_reserved_handover_does_not_make_room_until_it_is_posted() -> None:
    ledger = with_agent(1000)
    ledger.record(takings(1000, "T1"))
    ledger.reserve(takings(-600, "H1"))
    refused(lambda: ledger.reserve(takings(1, "T2")))
    ledger.post("H1", NOW)
    ledger.reserve(takings(600, "T2"))
    refused(lambda: ledger.reserve(takings(1, "T3")))


def test_floor_and_ceiling_hold_together() -> None:
    ledger = with_agent(1000, floor=0)
    refused(lambda: ledger.record(takings(-1, "T1")))
    ledger.record(takings(1000, "T2"))
    refused(lambda: ledger.record(takings(1, "T3")))
    ledger.record(takings(-1000, "T4"))


def test_only_the_side_that_has_a_bound_is_bounded() -> None:
    ledger = with_agent(1000)
    ledger.record(takings(-5000, "T1"))
    ledger = funded(10**9)
    ledger.record(deposit(10**9, "more"))
    assert own(ledger, FLOAT) == 2 * 10**9


def test_what_is_beyond_a_new_limit_may_only_come_back() -> None:
    ledger = with_agent(10000)
    ledger.record(takings(5000, "T1"))
    assert ledger.change_limit(CASH, Limit(at_most=1000)).limit == Limit(at_most=1000)
    refused(lambda: ledger.record(takings(1, "T2")))
    ledger.record(takings(-3000, "H1"))
    assert own(ledger, CASH) == 2000


def test_what_is_below_a_new_floor_may_only_rise() -> None:
    ledger = funded(20000)
    ledger.change_limit(FLOAT, Limit(at_least=30000))
    refused(lambda: ledger.record(sale()))
    ledger.record(deposit(1, "dep-2"))
    assert own(ledger, FLOAT) == 20001


def test_a_limit_can_be_lifted() -> None:
    ledger = book()
    ledger.change_limit(FLOAT, None)
    ledger.record(sale())
    assert own(ledger, FLOAT) == -11500
    assert ledger.account(FLOAT).limit is None


def test_the_limit_of_an_unknown_account_cannot_be_changed() -> None:
    with pytest.raises(TransferRefused) as caught:
        book().change_limit("vendor:V99:float", None)
    assert caught.value.reason == "unknown_account"
    assert caught.value.detail["account"] == "vendor:V99:float"
