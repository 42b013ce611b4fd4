"""Facts and rules: what fits, what is missing, what has no place, and how a quote becomes facts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.ledger.books import DAY, NOW, ZAR
from tests.unit.ledger.trade import CHART, CUSTOMER, SALE, VENDOR, booked, says, transfer
from voltoken.errors import FieldError, TransferRefused
from voltoken.ledger import (
    PAID_BY,
    RULES,
    TEMPLATES,
    Book,
    Facts,
    MemoryStorage,
    PaidBy,
    accounts_for,
    facts_of_quote,
    transfer_for,
)
from voltoken.ledger.facts import KEYED
from voltoken.money import Currency

STILL = {kind: rule for kind, rule in RULES.items() if not rule.moves}


@pytest.mark.parametrize("kind", STILL)
def test_what_moves_nothing_has_no_transfer_and_a_reason(kind: str) -> None:
    assert len(RULES[kind].meaning) > 10
    with pytest.raises(TransferRefused) as caught:
        transfer(kind, names={})
    assert caught.value.reason == "moves_nothing"
    assert caught.value.detail["kind"] == kind
    assert RULES[kind].meaning in caught.value.message


def test_which_kinds_move_nothing() -> None:
    assert set(STILL) == {
        *("confirm_customer", "confirm_meter", "trial_vend", "engineering_token", "test_token"),
        *("key_change", "reprint", "advice", "verify_token", "batch_totals", "vendor_statement"),
        "fault_report",
    }


def test_every_transaction_of_the_reference_has_a_rule() -> None:
    assert {rule.transaction for rule in RULES.values()} >= {
        *("Confirm customer", "Confirm meter", "Trial vend", "Credit vend", "FBE / BSST", "Free issue"),
        *("Meter-specific engineering", "Non-meter-specific", "Update meter key", "Pay account", "Reprint"),
        *("Advice", "Cancel vend", "Meter credit transfer", "Verify token", "Batch start/total", "Batch end"),
        *("Deposit slip", "Vendor statement", "Fault report"),
    }


def test_codes_of_the_national_rationalised_specification() -> None:
    assert {kind: rule.nrs for kind, rule in RULES.items() if rule.nrs} == {
        "credit_vend": "000",
        "free_basic_units": "010",
        "free_issue": "005",
        "replacement_token": "003",
        "credit_transfer": "003",
    }


@pytest.mark.parametrize("kind", RULES)
def test_rules_name_accounts_and_facts_that_exist(kind: str) -> None:
    rule = RULES[kind]
    assert {line.account for line in rule.lines} - {PAID_BY} <= set(TEMPLATES)
    assert rule.facts <= {field for field in Facts.__slots__ if field not in {"currency", "names", "unit"}}
    wanted = {*rule.needs, *rule.one_of, *(name for pair in rule.with_it for name in pair)}
    assert wanted <= rule.facts
    assert {line.side for line in rule.lines} <= {1, -1}
    assert rule.meaning.endswith(".")


@pytest.mark.parametrize(
    ("kind", "facts", "missing"),
    [
        ("credit_vend", {**SALE, "tender": 0}, "tender"),
        ("credit_vend", {**SALE, "units": 0}, "units"),
        ("credit_vend", {**SALE, "paid_by": None}, "paid_by"),
        ("credit_vend", {**SALE, "subsidies": {"fbe": 1}}, "free"),
        ("free_issue", {"units": 5, "amount": 5}, "energy"),
        ("refund_after_token", {"tender": 5, "paid_by": PaidBy.BANK}, "amount"),
        ("deposit_reversal", {"amount": 5}, "held or lacking"),
        ("debt_raised", {"debts": {"a": 5}}, "net_debts"),
        ("debt_from_bill", {"debts": {"a": 5}}, "dues"),
        ("payment_charged_back", {"amount": 5}, "debts"),
        ("due_written_off", {"dues": {"a": 5}}, "charges"),
        ("cash_counted", {"difference": 5}, "paid_by"),
        ("credit_vend", {"names": {}}, "tender, paid_by"),
        ("free_basic_units", {"free": {"fbe": 0}}, "free"),
        ("pay_debt", {"paid_by": PaidBy.BANK, "tender": 5}, "debts"),
        ("pay_service_charge", {"paid_by": PaidBy.BANK, "tender": 5}, "charges or dues"),
        ("charge_billed", {"dues": {"a": 5}}, "charges"),
    ],
)
def test_missing_facts_are_named(kind: str, facts: dict[str, Any], missing: str) -> None:
    with pytest.raises(TransferRefused) as caught:
        transfer(kind, **facts)
    assert (caught.value.reason, caught.value.message) == ("missing", f"{kind} needs {missing}.")
    assert caught.value.detail["kind"] == kind


@pytest.mark.parametrize(
    ("kind", "facts", "superfluous"),
    [
        ("credit_vend", {**SALE, "amount": 5, "fee": 5}, "amount, fee"),
        ("vendor_deposit", {"amount": 5, "paid_by": PaidBy.BANK}, "paid_by"),
        ("credit_vend", {**SALE, "names": {**VENDOR, "reason": "x"}}, "reason"),
        ("free_basic_units", {"free": {"fbe": 5}, "names": {"till": "T1"}}, "till"),
        (
            "pay_debt",
            {"paid_by": PaidBy.BANK, "tender": 5, "debts": {"a": 5}, "charges": {"b": 1}},
            "charges",
        ),
        ("payment_received", {"amount": 5, "taxes": {"VAT": 1}}, "taxes"),
    ],
)
def test_superfluous_facts_are_named(kind: str, facts: dict[str, Any], superfluous: str) -> None:
    with pytest.raises(TransferRefused) as caught:
        transfer(kind, **facts)
    assert caught.value.reason == "superfluous"
    assert f"no place for {superfluous};" in caught.value.message
    assert caught.value.detail["kind"] == kind


@pytest.mark.parametrize("kind", [kind for kind, rule in RULES.items() if rule.lines])
def test_without_its_facts_no_transaction_is_made(kind: str) -> None:
    is_open = any(line.account == PAID_BY for line in RULES[kind].lines)
    with pytest.raises(TransferRefused) as caught:
        transfer(kind, names={}, paid_by=PaidBy.BANK if is_open else None)
    assert caught.value.reason == "missing"
    assert all(need in caught.value.message for need in RULES[kind].needs)


def test_facts_of_zero_are_as_if_they_were_not_there() -> None:
    zero: dict[str, Any] = {"amount": 0, "fee": 0, "dues": {"x": 0}, "levies": {"x": 0}}
    assert transfer("credit_vend", **SALE, **zero) == transfer("credit_vend", **SALE)


def test_facts_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(TransferRefused, match=r"come to \+0.01 ZAR") as caught:
        transfer("credit_vend", **{**SALE, "tender": 11501})
    assert caught.value.reason == "unbalanced"


def test_a_name_that_an_account_needs_is_asked_for() -> None:
    with pytest.raises(FieldError) as caught:
        transfer("credit_vend", **{**SALE, "names": {"vendor": "V17"}})
    assert caught.value.field == "tariff"


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(TransferRefused) as caught:
        transfer("barter", names={})
    assert caught.value.reason == "unknown_kind"
    assert caught.value.detail["kind"] == "barter"


SCALARS = [
    *("tender", "amount", "held", "lacking", "commission", "fee", "units"),
    *("energy", "rounding", "carried", "difference"),
]
SIGNED = {"energy", "rounding", "carried", "difference", "levies", "taxes", "charges", "debts"}


@pytest.mark.parametrize("value", [1.0, True, None, "5"])
@pytest.mark.parametrize("name", [*SCALARS, *KEYED])
def test_amounts_are_whole_numbers(name: str, value: object) -> None:
    given: Any = {"code": value} if name in KEYED else value
    with pytest.raises(FieldError) as caught:
        Facts(currency=ZAR, **{name: given})
    assert caught.value.field == (f"{name}[code]" if name in KEYED else name)


@pytest.mark.parametrize("name", [*SCALARS, *KEYED])
def test_which_amounts_may_be_below_zero(name: str) -> None:
    given: Any = {"code": -1} if name in KEYED else -1
    if name in SIGNED:
        Facts(currency=ZAR, **{name: given})
    else:
        with pytest.raises(FieldError, match="0 or more") as caught:
            Facts(currency=ZAR, **{name: given})
        assert caught.value.field == (f"{name}[code]" if name in KEYED else name)


def test_reference_and_note_go_into_the_transfer() -> None:
    made = transfer_for(
        "unsold_units",
        Facts(currency=ZAR, units=5),
        CHART,
        new_id="T9",
        at=NOW,
        day=DAY,
        reference="till-4",
        note="power cut",
    )
    assert (made.id, made.kind, made.at, made.day) == ("T9", "unsold_units", NOW, DAY)
    assert (made.reference, made.note, made.corrects) == ("till-4", "power cut", None)
    plain = transfer("unsold_units", units=5)
    assert (plain.reference, plain.note) == ("", "")


def test_what_comes_in_and_goes_out_of_one_account_is_one_leg() -> None:
    prepaid = {**SALE, "names": {**CUSTOMER, "tariff": "DOM"}, "paid_by": PaidBy.PREPAID}
    made = transfer("credit_vend", **{**prepaid, "tender": 11600, "carried": 100})
    assert {leg.account: leg.amount for leg in made.legs}["customer:C9:prepaid"] == 11500


def test_another_currency_has_accounts_of_its_own() -> None:
    usd, water = Currency.of("USD"), Currency.of("m3")
    facts = Facts(currency=usd, unit=water, **SALE)
    made = transfer_for("credit_vend", facts, CHART, new_id="T1", at=NOW, day=DAY)
    assert [leg.account for leg in made.legs] == [
        *("vendor:V17:float:USD", "tax:VAT:USD", "sales:DOM:USD"),
        *("energy:sold:DOM:m3", "energy:issued:m3"),
    ]
    assert [account.code for account in accounts_for("credit_vend", facts, CHART)] == [
        leg.account for leg in made.legs
    ]


QUOTE = [
    *(("energy", "energy", 250000), ("energy", "energy", 131421), ("levy", "rural", 3814)),
    *(("tax", "VAT", 57785), ("tax", "VAT", 1), ("charge", "service", 2000), ("debt", "old", 5000)),
    *(("free", "fbe", 0), ("carried", "carried_in", -40), ("rounding", "rounding", 19)),
]


def test_a_quote_becomes_the_facts_of_a_sale() -> None:
    names = {**VENDOR, **CUSTOMER}
    base = Facts(currency=ZAR, names=names, paid_by=PaidBy.FLOAT, tender=450000)
    facts = facts_of_quote(base, QUOTE, units=17001, free={"fbe": 500})
    ledger = Book(MemoryStorage())
    ledger.open(*accounts_for("credit_vend", facts, CHART))
    ledger.record(transfer_for("credit_vend", facts, CHART, new_id="V1", at=NOW, day=DAY))
    assert says(ledger) == {
        "vendor:V17:float": -450000,
        "sales:DOM": 381421,
        "levy:rural": 3814,
        "tax:VAT": 57786,
        "charge:service": 2000,
        "debt:C9:old": -5000,
        "customer:C9:prepaid": -40,
        "rounding": 19,
        "energy:sold:DOM": 17001,
        "energy:free:fbe": 500,
        "energy:issued": 17501,
    }


def test_a_quote_that_is_not_the_tender_is_refused() -> None:
    base = Facts(currency=ZAR, names={**VENDOR, **CUSTOMER}, paid_by=PaidBy.FLOAT, tender=449999)
    facts = facts_of_quote(base, QUOTE, units=17001)
    with pytest.raises(TransferRefused, match=r"-0.01 ZAR"):
        transfer_for("credit_vend", facts, CHART, new_id="V1", at=NOW, day=DAY)


FREE_LINES = [("energy", "energy", 17500), ("free", "fbe", -7000), ("free", "fbe", -500)]


def test_free_units_of_a_programme_that_pays_are_sold_to_it() -> None:
    base = Facts(currency=ZAR, names=VENDOR, paid_by=PaidBy.FLOAT, tender=10000)
    facts = facts_of_quote(base, FREE_LINES, units=477, free={"fbe": 500}, paying={"fbe", "other"})
    assert (facts.energy, facts.subsidies, facts.free) == (10000, {"fbe": 7500}, {"fbe": 500})
    said = says(booked_facts(facts))
    assert (said["sales:DOM"], said["vendor:V17:float"]) == (17500, -10000)
    assert said["programme:fbe:receivable"] == 7500


def test_free_units_that_the_utility_carries_are_no_sale() -> None:
    base = Facts(currency=ZAR, names=VENDOR, paid_by=PaidBy.FLOAT, tender=10000)
    facts = facts_of_quote(base, FREE_LINES, units=477, free={"fbe": 500}, paying={"other"})
    assert (facts.energy, facts.subsidies) == (10000, {})
    assert says(booked_facts(facts)) == {
        "vendor:V17:float": -10000,
        "sales:DOM": 10000,
        "energy:sold:DOM": 477,
        "energy:free:fbe": 500,
        "energy:issued": 977,
    }


BILLED_LINES = [
    *(("energy", "energy", 10000), ("charge", "service", 1500), ("charge", "service", 500)),
    *(("charge", "rent", 100), ("levy", "rural", 120), ("tax", "VAT", 1815)),
]


def test_a_charge_that_was_billed_is_paid_off_with_its_tax_and_booked_once() -> None:
    ledger = booked(
        "charge_billed",
        new_id="B1",
        names=CUSTOMER,
        dues={"service": 2320},
        charges={"service": 2000},
        taxes={"VAT": 300},
        levies={"rural": 20},
    )
    base = Facts(currency=ZAR, names={**VENDOR, **CUSTOMER}, paid_by=PaidBy.FLOAT, tender=14035)
    billed = {"service": {"VAT": 300, "rural": 20}, "not_in_the_quote": {"VAT": 999}}
    facts = facts_of_quote(base, BILLED_LINES, units=477, billed=billed)
    assert facts.dues == {"service": 2320}
    ledger.open(*accounts_for("credit_vend", facts, CHART))
    ledger.record(transfer_for("credit_vend", facts, CHART, new_id="V1", at=NOW, day=DAY))
    assert says(ledger) == {
        "vendor:V17:float": -14035,
        "sales:DOM": 10000,
        "charge:service": 2000,
        "charge:rent": 100,
        "levy:rural": 120,
        "tax:VAT": 1815,
        "energy:sold:DOM": 477,
        "energy:issued": 477,
    }


def test_a_charge_without_tax_is_paid_off_as_it_is() -> None:
    facts = facts_of_quote(Facts(currency=ZAR), BILLED_LINES, units=477, billed={"rent": {}})
    assert (facts.dues, facts.charges, facts.taxes) == ({"rent": 100}, {"service": 2000}, {"VAT": 1815})


@pytest.mark.parametrize(
    ("extras", "field"),
    [
        ({"VAT": 1816}, "billed[service][VAT]"),
        ({"rural": 121}, "billed[service][rural]"),
        ({"stamp": 1}, "billed[service][stamp]"),
        ({"VAT": -1}, "billed[service][VAT]"),
        ({"VAT": 1.5}, "billed[service][VAT]"),
    ],
)
def test_no_more_tax_is_paid_off_than_the_quote_holds(extras: dict[str, int], field: str) -> None:
    with pytest.raises(FieldError) as caught:
        facts_of_quote(Facts(currency=ZAR), BILLED_LINES, units=477, billed={"service": extras})
    assert caught.value.field == field


def test_all_the_tax_of_a_quote_may_be_on_a_charge_that_was_billed() -> None:
    billed = {"service": {"VAT": 1815, "rural": 120}}
    facts = facts_of_quote(Facts(currency=ZAR), BILLED_LINES, units=477, billed=billed)
    assert (facts.dues, facts.taxes, facts.levies) == ({"service": 3935}, {"VAT": 0}, {"rural": 0})


def booked_facts(facts: Facts) -> Book:
    """Return a book with a sale of these facts."""
    ledger = Book(MemoryStorage())
    ledger.open(*accounts_for("credit_vend", facts, CHART))
    ledger.record(transfer_for("credit_vend", facts, CHART, new_id="V1", at=NOW, day=DAY))
    return ledger


def test_a_line_of_an_unknown_category_is_refused() -> None:
    with pytest.raises(
        FieldError, match="carried, charge, debt, energy, free, levy, rounding, tax"
    ) as caught:
        facts_of_quote(Facts(currency=ZAR), [("tip", "", 5)], units=1)
    assert caught.value.field == "category"
