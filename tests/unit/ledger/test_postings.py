"""Every posting rule, by what the accounts say afterwards.

Balances are as their owners count them: a float of 385.00 is what the vendor has left, a debt of 50.00 is
what the customer owes, 477 is 47.7 kWh.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.unit.ledger.books import DAY, NOW
from tests.unit.ledger.trade import CHART, CUSTOMER, SALE, VENDOR, booked, says, transfer
from voltoken.errors import TransferRefused
from voltoken.ledger import RULES, TEMPLATES, Book, Limit, MemoryStorage, PaidBy, reversal_of


def test_a_sale_from_the_float() -> None:
    assert says(booked("credit_vend", **SALE)) == {
        "vendor:V17:float": -11500,
        "sales:DOM": 10000,
        "tax:VAT": 1500,
        "energy:sold:DOM": 477,
        "energy:issued": 477,
    }


def test_a_sale_with_all_that_a_bill_can_have() -> None:
    facts: dict[str, Any] = {
        **SALE,
        "names": {**VENDOR, **CUSTOMER},
        "tender": 20000,
        "levies": {"rural": 500, "fuel": 250},
        "charges": {"service": 2000},
        "dues": {"meter_rent": 1000},
        "debts": {"old_bill": 3000, "fine": 1700},
        "rounding": -3,
        "carried": 53,
        "commission": 345,
        "free": {"fbe": 500},
    }
    assert says(booked("credit_vend", **facts)) == {
        "vendor:V17:float": -20000,
        "sales:DOM": 10000,
        "tax:VAT": 1500,
        "levy:rural": 500,
        "levy:fuel": 250,
        "charge:service": 2000,
        "customer:C9:due:meter_rent": -1000,
        "debt:C9:old_bill": -3000,
        "debt:C9:fine": -1700,
        "rounding": -3,
        "customer:C9:prepaid": 53,
        "commissions": 345,
        "vendor:V17:commission": 345,
        "energy:sold:DOM": 477,
        "energy:free:fbe": 500,
        "energy:issued": 977,
    }


@pytest.mark.parametrize(
    ("paid_by", "names", "account", "balance"),
    [
        (PaidBy.FLOAT, {"vendor": "V17"}, "vendor:V17:float", -11500),
        (PaidBy.AGENT_CASH, {"vendor": "A3"}, "vendor:A3:cash", 11500),
        (PaidBy.TILL, {"till": "T1"}, "cash:till:T1", 11500),
        (PaidBy.BANK, {"bank": "main"}, "bank:main", 11500),
        (PaidBy.GATEWAY, {"provider": "mpesa"}, "gateway:mpesa:receivable", 11500),
        (PaidBy.PREPAID, CUSTOMER, "customer:C9:prepaid", -11500),
        (PaidBy.SUSPENSE, {"provider": "mpesa"}, "suspense:mpesa", -11500),
    ],
)
def test_whoever_pays_the_sale_is_the_same(
    paid_by: PaidBy, names: Mapping[str, str], account: str, balance: int
) -> None:
    said = says(booked("credit_vend", **{**SALE, "names": {"tariff": "DOM", **names}, "paid_by": paid_by}))
    assert said[account] == balance
    assert said["sales:DOM"] == 10000
    assert len(said) == 5


def test_every_way_to_pay_is_an_account_of_the_chart() -> None:
    assert {paid_by.value for paid_by in PaidBy} <= set(TEMPLATES)


def test_a_sale_whose_money_all_goes_to_debts_brings_no_units() -> None:
    names = {"vendor": "V17", **CUSTOMER}
    said = says(booked("credit_vend", names=names, paid_by=PaidBy.FLOAT, tender=900, debts={"old": 900}))
    assert said == {"vendor:V17:float": -900, "debt:C9:old": -900}


def test_a_rebate_is_a_levy_below_zero() -> None:
    facts = {**SALE, "tender": 11400, "levies": {"rebate": -100}}
    assert says(booked("credit_vend", **facts))["levy:rebate"] == -100


def test_free_units_that_a_programme_pays_for_are_sold_to_it_and_settled() -> None:
    facts = {**SALE, "free": {"fbe": 500}, "subsidies": {"fbe": 7500}}
    ledger = booked("credit_vend", **facts)
    said = says(ledger)
    assert (said["sales:DOM"], said["programme:fbe:receivable"]) == (17500, 7500)
    assert (said["energy:sold:DOM"], said["energy:free:fbe"], said["energy:issued"]) == (477, 500, 977)
    names = {"bank": "main"}
    booked("programme_paid", ledger, "P2", names=names, paid_by=PaidBy.BANK, subsidies={"fbe": 7500})
    assert says(ledger)["bank:main"] == 7500
    assert "programme:fbe:receivable" not in says(ledger)


def test_one_payment_may_be_for_several_programmes() -> None:
    names = {"bank": "main"}
    subsidies = {"fbe": 7500, "school": 500}
    made = transfer("programme_paid", names=names, paid_by=PaidBy.BANK, subsidies=subsidies)
    assert {leg.account: leg.amount for leg in made.legs} == {
        "bank:main": 8000,
        "programme:fbe:receivable": -7500,
        "programme:school:receivable": -500,
    }


def test_free_basic_units_that_the_utility_carries_move_no_money() -> None:
    assert says(booked("free_basic_units", names={}, free={"fbe": 500})) == {
        "energy:free:fbe": 500,
        "energy:issued": 500,
    }


def test_free_basic_units_that_a_programme_pays_for() -> None:
    names = {"tariff": "DOM"}
    said = says(booked("free_basic_units", names=names, free={"fbe": 500}, subsidies={"fbe": 7500}))
    assert (said["programme:fbe:receivable"], said["sales:DOM"]) == (7500, 7500)


def test_a_vendor_earns_commission_for_a_free_token() -> None:
    said = says(booked("free_basic_units", names={"vendor": "V17"}, free={"fbe": 500}, commission=180))
    assert (said["commissions"], said["vendor:V17:commission"]) == (180, 180)


def test_a_free_issue_is_energy_for_a_reason() -> None:
    names = {"reason": "field_test"}
    assert says(booked("free_issue", names=names, units=50)) == {
        "energy:freeissue:field_test": 50,
        "energy:issued": 50,
    }


@pytest.mark.parametrize(("tax", "cost"), [(0, 1200), (180, 1380), (-180, 1020)])
def test_a_free_issue_at_a_price_costs_the_utility_what_tax_makes_of_it(tax: int, cost: int) -> None:
    names = {"reason": "goodwill", "tariff": "DOM"}
    said = says(booked("free_issue", names=names, units=50, amount=cost, energy=1200, taxes={"VAT": tax}))
    assert (said["freeissue:goodwill"], said["sales:DOM"]) == (cost, 1200)
    assert said.get("tax:VAT", 0) == tax


@pytest.mark.parametrize("kind", ["replacement_token", "credit_transfer"])
def test_units_of_another_meter_or_token_move_no_money(kind: str) -> None:
    ledger = booked("credit_vend", **SALE)
    before = says(ledger)
    said = says(booked(kind, ledger, "T2", units=312))
    assert {code: amount for code, amount in said.items() if not code.startswith("energy")} == {
        code: amount for code, amount in before.items() if not code.startswith("energy")
    }
    assert said["energy:sold:DOM"] == 477
    assert said["energy:transferred"] == 312
    assert said["energy:issued"] == 477 + 312


def test_units_whose_sale_did_not_stand_can_be_seen() -> None:
    assert says(booked("unsold_units", units=477)) == {"energy:unsold": 477, "energy:issued": 477}


def test_a_debt_is_raised_paid_in_part_and_given_up() -> None:
    ledger = booked(
        "debt_raised",
        new_id="D1",
        names=CUSTOMER,
        debts={"fine": 5750},
        net_debts={"fine": 5000},
        taxes={"VAT": 690},
        levies={"rural": 60},
    )
    assert says(ledger) == {"debt:C9:fine": 5750, "penalty:fine": 5000, "tax:VAT": 690, "levy:rural": 60}
    booked(
        "pay_debt", ledger, "D2", names={**CUSTOMER, "till": "T1"}, paid_by=PaidBy.TILL, tender=2310,
        debts={"fine": 2300}, carried=10,
    )  # fmt: skip
    assert says(ledger) == {
        "debt:C9:fine": 3450,
        "penalty:fine": 5000,
        "tax:VAT": 690,
        "levy:rural": 60,
        "cash:till:T1": 2310,
        "customer:C9:prepaid": 10,
    }
    booked(
        "debt_written_off",
        ledger,
        "D3",
        names=CUSTOMER,
        debts={"fine": 3450},
        net_debts={"fine": 3000},
        taxes={"VAT": 414},
        levies={"rural": 36},
    )
    said = says(ledger)
    assert (said["writeoff:debt:fine"], said["tax:VAT"], said["levy:rural"]) == (3000, 276, 24)
    assert "debt:C9:fine" not in said


def test_a_debt_of_the_time_before_the_book_is_no_income() -> None:
    assert says(booked("debt_brought_in", names=CUSTOMER, debts={"old_bill": 9000})) == {
        "debt:C9:old_bill": 9000,
        "opening": 9000,
    }


def test_a_bill_becomes_a_debt_without_being_income_again() -> None:
    bill: dict[str, Any] = {"dues": {"service": 2300}, "charges": {"service": 2000}, "taxes": {"VAT": 300}}
    ledger = booked("charge_billed", new_id="B1", names=CUSTOMER, **bill)
    booked(
        "debt_from_bill", ledger, "D1", names=CUSTOMER, dues={"service": 2300}, debts={"instalments": 2300}
    )
    assert says(ledger) == {"debt:C9:instalments": 2300, "charge:service": 2000, "tax:VAT": 300}


def test_a_charge_that_was_billed_is_given_up_and_its_tax_taken_back() -> None:
    bill: dict[str, Any] = {
        "dues": {"service": 2320},
        "charges": {"service": 2000},
        "taxes": {"VAT": 300},
        "levies": {"rural": 20},
    }
    ledger = booked("charge_billed", new_id="B1", names=CUSTOMER, **bill)
    booked("due_written_off", ledger, "B2", names=CUSTOMER, **bill)
    assert says(ledger) == {"charge:service": 2000, "writeoff:charge:service": 2000}


def test_a_service_charge_is_paid_as_it_falls_due() -> None:
    names = {"vendor": "V17"}
    ledger = booked(
        "pay_service_charge",
        names=names,
        paid_by=PaidBy.FLOAT,
        tender=2300,
        charges={"service": 2000},
        taxes={"VAT": 300},
    )
    assert says(ledger) == {"vendor:V17:float": -2300, "charge:service": 2000, "tax:VAT": 300}


def test_a_service_charge_is_billed_and_paid_later() -> None:
    ledger = booked(
        "charge_billed",
        new_id="B1",
        names=CUSTOMER,
        dues={"service": 2415},
        charges={"service": 2000},
        taxes={"VAT": 315},
        levies={"rural": 100},
    )
    assert says(ledger) == {
        "customer:C9:due:service": 2415,
        "charge:service": 2000,
        "tax:VAT": 315,
        "levy:rural": 100,
    }
    names = {**CUSTOMER, "provider": "mpesa"}
    booked(
        "pay_service_charge",
        ledger,
        "B2",
        names=names,
        paid_by=PaidBy.GATEWAY,
        tender=2415,
        dues={"service": 2415},
    )
    assert "customer:C9:due:service" not in says(ledger)
    assert says(ledger)["charge:service"] == 2000


def test_money_paid_for_a_sale_that_never_came_goes_back() -> None:
    names = {**CUSTOMER, "provider": "mpesa"}
    ledger = booked("payment_received", new_id="P1", names=names, amount=5000)
    assert says(ledger) == {"gateway:mpesa:receivable": 5000, "customer:C9:prepaid": 5000}
    booked("refund_before_token", ledger, "P2", names=names, paid_by=PaidBy.GATEWAY, amount=5000)
    assert says(ledger) == {}


def test_cash_that_was_paid_for_no_token_yet_is_the_customers() -> None:
    names = {**CUSTOMER, "vendor": "A3"}
    ledger = booked("cash_received", new_id="P1", names=names, paid_by=PaidBy.AGENT_CASH, amount=5000)
    assert says(ledger) == {"vendor:A3:cash": 5000, "customer:C9:prepaid": 5000}
    booked("refund_before_token", ledger, "P2", names=names, paid_by=PaidBy.AGENT_CASH, amount=5000)
    assert says(ledger) == {}


def test_money_back_after_the_token_leaves_the_sale_as_it_is() -> None:
    ledger = booked("credit_vend", **SALE)
    before = says(ledger)
    booked(
        "refund_after_token",
        ledger,
        "T2",
        names={"bank": "main"},
        paid_by=PaidBy.BANK,
        tender=11500,
        amount=9900,
        taxes={"VAT": 1500},
        levies={"rural": 100},
    )
    after = {**before, "refunds": 9900, "bank:main": -11500, "levy:rural": -100}
    del after["tax:VAT"]
    assert says(ledger) == after


def test_money_back_after_the_token_may_leave_the_tax_as_it_is() -> None:
    names = {"bank": "main"}
    ledger = booked(
        "refund_after_token", new_id="T2", names=names, paid_by=PaidBy.BANK, tender=500, amount=500
    )
    assert says(ledger) == {"refunds": 500, "bank:main": -500}


def test_a_sale_on_a_magnetic_card_can_be_cancelled_whole() -> None:
    ledger = booked("credit_vend", **SALE)
    back = reversal_of(transfer("credit_vend", **SALE), new_id="T2", at=NOW, day=DAY, kind="cancel_vend")
    ledger.record(back)
    assert says(ledger) == {}
    with pytest.raises(TransferRefused, match="reversal_of") as caught:
        transfer("cancel_vend", names={})
    assert caught.value.reason == "takes_back"
    assert caught.value.detail["kind"] == "cancel_vend"
    assert RULES["cancel_vend"].moves


def test_a_vendor_pays_in_and_the_bank_takes_it_back() -> None:
    names = {"vendor": "V17", "bank": "main"}
    ledger = booked("vendor_deposit", new_id="D1", names=names, amount=50000)
    assert says(ledger) == {"bank:main": 50000, "vendor:V17:float": 50000}
    booked("deposit_reversal", ledger, "D2", names=names, amount=50000, held=50000)
    assert says(ledger) == {}


def test_a_deposit_that_was_sold_from_and_did_not_hold_is_owed() -> None:
    names = {"vendor": "V17", "bank": "main"}
    ledger = Book(MemoryStorage())
    ledger.open(CHART.account("float", names, limit=Limit(at_least=0)))
    booked("vendor_deposit", ledger, "D1", names=names, amount=50000)
    booked("credit_vend", ledger, "V1", **SALE)
    with pytest.raises(TransferRefused) as caught:
        booked("deposit_reversal", ledger, "D2", names=names, amount=50000, held=50000)
    assert (caught.value.reason, caught.value.detail["over"]) == ("limit", 11500)
    booked("deposit_reversal", ledger, "D2", names=names, amount=50000, held=38500, lacking=11500)
    said = says(ledger)
    assert said["vendor:V17:owing"] == 11500
    assert not {"vendor:V17:float", "bank:main"} & set(said)
    booked("owing_paid", ledger, "D3", names=names, paid_by=PaidBy.BANK, amount=11000)
    booked("owing_written_off", ledger, "D4", names={"vendor": "V17"}, amount=500)
    said = says(ledger)
    assert (said["bank:main"], said["writeoff:vendor:V17"]) == (11000, 500)
    assert "vendor:V17:owing" not in said


def test_what_a_float_lacks_is_the_whole_deposit_when_all_was_sold() -> None:
    names = {"vendor": "V17", "bank": "main"}
    made = transfer("deposit_reversal", names=names, amount=700, lacking=700)
    assert {leg.account: leg.amount for leg in made.legs} == {"bank:main": -700, "vendor:V17:owing": 700}


def test_what_is_held_and_what_is_lacking_are_the_amount() -> None:
    with pytest.raises(TransferRefused) as caught:
        transfer("deposit_reversal", names={"vendor": "V17", "bank": "main"}, amount=700, lacking=701)
    assert caught.value.reason == "unbalanced"


def test_an_agent_sells_for_cash_and_hands_it_over_less_commission() -> None:
    agent = {"vendor": "A3"}
    ledger = Book(MemoryStorage())
    ledger.open(CHART.account("agent_cash", agent, limit=Limit(at_most=20000)))
    cash = {**SALE, "names": {**agent, "tariff": "DOM"}, "paid_by": PaidBy.AGENT_CASH, "commission": 500}
    booked("credit_vend", ledger, "T1", **cash)
    with pytest.raises(TransferRefused, match="handed over"):
        booked("credit_vend", ledger, "T2", **cash)
    booked("agent_handover", ledger, "H1", names=agent, amount=11000, commission=500)
    said = says(ledger)
    assert "vendor:A3:cash" not in said
    assert "vendor:A3:commission" not in said
    assert (said["cash:transit"], said["commissions"]) == (11000, 500)
    booked("bank_deposit", ledger, "H2", names={"bank": "main"}, amount=11000)
    assert says(ledger)["bank:main"] == 11000
    assert "cash:transit" not in says(ledger)


def test_commission_is_earned_and_paid_into_the_float() -> None:
    ledger = booked("commission_earned", new_id="C1", names={"vendor": "V17"}, commission=345)
    assert says(ledger) == {"commissions": 345, "vendor:V17:commission": 345}
    booked("commission_paid", ledger, "C2", names={"vendor": "V17"}, paid_by=PaidBy.FLOAT, commission=345)
    assert says(ledger) == {"commissions": 345, "vendor:V17:float": 345}


def test_a_shift_brings_its_cash_to_the_bank() -> None:
    till = {**SALE, "names": {"till": "T1", "tariff": "DOM"}, "paid_by": PaidBy.TILL}
    ledger = booked("credit_vend", **till)
    booked("shift_deposit", ledger, "S1", names={"till": "T1"}, amount=11500)
    assert says(ledger)["cash:transit"] == 11500
    assert "cash:till:T1" not in says(ledger)
    booked("bank_deposit", ledger, "S2", names={"bank": "main"}, amount=11500)
    assert says(ledger)["bank:main"] == 11500
    assert "cash:transit" not in says(ledger)


@pytest.mark.parametrize(("counted", "over"), [(11700, 200), (11300, -200)])
def test_a_till_is_counted_and_what_is_over_or_short_can_be_seen(counted: int, over: int) -> None:
    till = {**SALE, "names": {"till": "T1", "tariff": "DOM"}, "paid_by": PaidBy.TILL}
    ledger = booked("credit_vend", **till)
    names = {"till": "T1"}
    booked("cash_counted", ledger, "C1", names=names, paid_by=PaidBy.TILL, difference=counted - 11500)
    assert (says(ledger)["cash:till:T1"], says(ledger)["counting"]) == (counted, over)
    booked("shift_deposit", ledger, "S1", names=names, amount=counted)
    assert "cash:till:T1" not in says(ledger)


def test_taxes_and_levies_go_to_those_they_are_for() -> None:
    ledger = booked("credit_vend", **{**SALE, "tender": 12000, "levies": {"rural": 500}})
    names = {"bank": "main"}
    booked("tax_paid", ledger, "X1", names=names, taxes={"VAT": 1500})
    booked("levy_paid", ledger, "X2", names=names, levies={"rural": 500})
    said = says(ledger)
    assert said["bank:main"] == -2000
    assert not {"tax:VAT", "levy:rural"} & set(said)


def test_what_was_vended_and_not_paid_is_owed_by_the_customer() -> None:
    names = {**CUSTOMER, "provider": "mpesa"}
    ledger = booked("payment_received", new_id="P1", names=names, amount=11500)
    prepaid = {**SALE, "names": {**CUSTOMER, "tariff": "DOM"}, "paid_by": PaidBy.PREPAID}
    booked("credit_vend", ledger, "P2", **prepaid)
    before = says(ledger)
    owed = {"chargeback": 11500}
    booked("payment_charged_back", ledger, "P3", names=names, amount=11500, debts=owed, fee=200)
    after = {**before, "debt:C9:chargeback": 11500, "gateway:mpesa:fees": 200}
    assert says(ledger) == {**after, "gateway:mpesa:receivable": -200}


def test_a_payment_by_phone_is_vended_and_settled() -> None:
    names = {**CUSTOMER, "provider": "mpesa"}
    ledger = booked("payment_received", new_id="P1", names=names, amount=11500)
    prepaid = {**SALE, "names": {**CUSTOMER, "tariff": "DOM"}, "paid_by": PaidBy.PREPAID}
    booked("credit_vend", ledger, "P2", **prepaid)
    assert "customer:C9:prepaid" not in says(ledger)
    booked(
        "gateway_settlement", ledger, "P3", names={"bank": "main", "provider": "mpesa"}, amount=11385, fee=115
    )
    said = says(ledger)
    assert (said["bank:main"], said["gateway:mpesa:fees"]) == (11385, 115)
    assert "gateway:mpesa:receivable" not in said


def test_a_payment_without_a_token_waits_in_suspense_and_is_vended_later() -> None:
    names = {**CUSTOMER, "provider": "mpesa"}
    ledger = booked("payment_received", new_id="P1", names=names, amount=5000)
    booked("payment_suspended", ledger, "P2", names=names, amount=5000)
    assert says(ledger) == {"gateway:mpesa:receivable": 5000, "suspense:mpesa": 5000}
    booked("suspense_vended", ledger, "P3", names=names, amount=5000)
    assert says(ledger) == {"gateway:mpesa:receivable": 5000, "customer:C9:prepaid": 5000}


def test_a_payment_of_nobody_waits_in_suspense_and_goes_back() -> None:
    names = {"provider": "mpesa"}
    ledger = booked("payment_unknown", new_id="P1", names=names, amount=5000)
    assert says(ledger) == {"gateway:mpesa:receivable": 5000, "suspense:mpesa": 5000}
    booked("suspense_refunded", ledger, "P2", names=names, paid_by=PaidBy.GATEWAY, amount=5000)
    assert says(ledger) == {}


@pytest.mark.parametrize("rest", [3, -3])
def test_a_rest_of_a_cent_goes_to_rounding(rest: int) -> None:
    said = says(booked("rounding", names=CUSTOMER, rounding=rest))
    assert said == {"customer:C9:prepaid": -rest, "rounding": rest}
