"""Accounts check themselves; balances know what is posted, what is pending, and what may still come."""

from __future__ import annotations

import pytest

from tests.unit.ledger.books import ZAR
from voltoken.errors import FieldError
from voltoken.ledger import Account, AccountKind, Balance, Limit


@pytest.mark.parametrize("code", ["bank", "vendor:V17:float", "debt:C-1:old.bill_2", "0", "a" * 128])
def test_codes_of_names_and_colons_are_taken(code: str) -> None:
    assert Account(code, AccountKind.ASSET, ZAR).code == code


@pytest.mark.parametrize(
    "code",
    ["", ":", "bank:", ":bank", "a::b", "-a", "a:.b", "a b", "a/b", "bänk", "bank\n", "a" * 129, None, 7],
)
def test_other_codes_are_refused(code: object) -> None:
    with pytest.raises(FieldError, match="vendor:V17:float") as caught:
        Account(code, AccountKind.ASSET, ZAR)  # type: ignore[arg-type] # on purpose
    assert caught.value.field == "account"
    assert caught.value.value == FieldError("account", code, "").value


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("kind", {"kind": "asset"}),
        ("currency", {"currency": "ZAR"}),
        ("name", {"name": "a\nb"}),
        ("name", {"name": "a" * 201}),
        ("name", {"name": None}),
        ("limit", {"limit": 5}),
    ],
)
def test_an_account_refuses_what_it_is_not_made_of(field: str, values: dict[str, object]) -> None:
    with pytest.raises(FieldError) as caught:
        Account(**{"code": "bank", "kind": AccountKind.ASSET, "currency": ZAR, **values})  # type: ignore[arg-type] # on purpose
    assert caught.value.field == field


def test_a_name_of_two_hundred_characters_is_taken() -> None:
    assert len(Account("bank", AccountKind.ASSET, ZAR, "n" * 200).name) == 200


def test_assets_and_expenses_grow_by_debits_the_others_by_credits() -> None:
    growing = {kind for kind in AccountKind if Account("a", kind, ZAR).own(1) == 1}
    assert growing == {AccountKind.ASSET, AccountKind.EXPENSE}
    assert {kind.sign for kind in AccountKind} == {1, -1}


def test_income_and_expense_make_the_result() -> None:
    assert {kind for kind in AccountKind if kind.is_result} == {AccountKind.INCOME, AccountKind.EXPENSE}


def test_a_balance_keeps_four_totals_apart() -> None:
    balance = Balance().moved(700, 1, 0).moved(-200, 1, 0).moved(50, 0, 1).moved(-30, 0, 1)
    assert balance == Balance(debits=700, credits=200, debits_pending=50, credits_pending=30)
    assert balance.net == 500
    assert balance.moved(50, 1, -1) == Balance(750, 200, 0, 30)
    assert balance.moved(-30, 0, -1) == Balance(700, 200, 50, 0)


def test_what_is_pending_counts_where_it_does_harm() -> None:
    balance = Balance(debits=100, credits=700, debits_pending=50, credits_pending=30)
    float_account = Account("f", AccountKind.LIABILITY, ZAR)
    assert (float_account.lowest(balance), float_account.highest(balance)) == (550, 630)
    cash = Account("c", AccountKind.ASSET, ZAR)
    assert (cash.lowest(balance), cash.highest(balance)) == (-630, -550)


@pytest.mark.parametrize(
    ("at_least", "at_most", "field"),
    [(1, 0, "at_least"), (True, None, "at_least"), (None, "5", "at_most"), (None, 5.0, "at_most")],
)
def test_a_limit_is_of_whole_numbers_in_order(at_least: object, at_most: object, field: str) -> None:
    with pytest.raises(FieldError) as caught:
        Limit(at_least, at_most)  # type: ignore[arg-type] # on purpose
    assert caught.value.field == field


def test_a_limit_may_be_one_amount_exactly() -> None:
    assert Limit(0, 0) == Limit(at_least=0, at_most=0)


def test_amounts_are_shown_with_all_decimals() -> None:
    assert Account("a", AccountKind.ASSET, ZAR).shown(-1250) == "-12.50 ZAR"
