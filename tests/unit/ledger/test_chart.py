"""The chart of accounts: every template makes an account, and no two make the same."""

from __future__ import annotations

import pytest

from voltoken.errors import FieldError
from voltoken.ledger import KWH, TEMPLATES, AccountKind, Chart, Limit, Measure
from voltoken.money import Currency

ZAR, USD, WATER = Currency.of("ZAR"), Currency.of("USD"), Currency.of("m3")
CHART = Chart(ZAR)
NAMES = {
    "bank": "main",
    "till": "T1",
    "vendor": "V17",
    "provider": "mpesa",
    "customer": "C9",
    "debt": "old",
    "charge": "service",
    "levy": "rural",
    "tax": "VAT",
    "tariff": "DOM",
    "programme": "fbe",
    "reason": "test",
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_makes_an_account(name: str) -> None:
    template = TEMPLATES[name]
    account = CHART.account(name, NAMES)
    assert account.code == template.code.format(**NAMES)
    assert account.kind is template.kind
    assert account.currency == (ZAR if template.measure is Measure.MONEY else KWH)
    assert account.name == template.meaning
    assert account.limit is None


def test_the_templates_ask_for_these_names_and_no_others() -> None:
    assert {name for template in TEMPLATES.values() for name in template.placeholders} == set(NAMES)
    assert TEMPLATES["debt"].placeholders == ("customer", "debt")


def test_no_two_templates_can_make_the_same_account() -> None:
    shapes = [
        tuple("*" if part.startswith("{") else part for part in template.code.split(":"))
        for template in TEMPLATES.values()
    ]
    for place, shape in enumerate(shapes):
        for other in shapes[:place]:
            # A code in another currency is one name longer, so neither may begin with the other.
            assert any(a != b and "*" not in {a, b} for a, b in zip(shape, other, strict=False)), (
                shape,
                other,
            )


def test_the_kinds_are_those_of_a_bookkeeper() -> None:
    kinds = {kind: {name for name, row in TEMPLATES.items() if row.kind is kind} for kind in AccountKind}
    assert kinds[AccountKind.ASSET] == {
        *("bank", "transit", "till", "agent_cash", "gateway", "debt", "due", "programme", "owing"),
    }
    assert kinds[AccountKind.LIABILITY] == {"float", "commission", "prepaid", "suspense", "levy", "tax"}
    assert kinds[AccountKind.EQUITY] == {"result", "opening"}
    assert kinds[AccountKind.INCOME] == {
        *("sales", "charge", "penalty", "rounding", "counting", "energy_issued"),
    }


def test_energy_is_counted_in_its_own_unit() -> None:
    energy = {name for name, row in TEMPLATES.items() if row.measure is Measure.ENERGY}
    assert energy == {name for name in TEMPLATES if name.startswith("energy_")}
    assert Currency("kWh", 1) == KWH


def test_another_currency_shows_in_the_code() -> None:
    assert CHART.code("sales", NAMES, USD) == "sales:DOM:USD"
    assert CHART.code("sales", NAMES, ZAR) == CHART.code("sales", NAMES) == "sales:DOM"
    assert CHART.code("energy_issued", NAMES, WATER) == "energy:issued:m3"
    assert Chart(ZAR, WATER).code("energy_issued", NAMES, WATER) == "energy:issued"
    assert CHART.account("sales", NAMES, currency=USD).currency == USD


def test_an_account_of_the_chart_may_have_a_limit() -> None:
    assert CHART.account("float", NAMES, limit=Limit(0)).limit == Limit(0)


def test_names_that_are_not_asked_for_do_no_harm() -> None:
    assert CHART.code("rounding", NAMES) == "rounding"


@pytest.mark.parametrize("value", ["", "a:b", "-a", "a b", "{vendor}", "é", None, 17])
def test_a_name_cannot_make_another_account(value: object) -> None:
    with pytest.raises(FieldError, match=r"vendor:\{vendor\}:float") as caught:
        CHART.code("float", {"vendor": value})  # type: ignore[dict-item] # on purpose
    assert caught.value.field == "vendor"
    assert caught.value.value == FieldError("vendor", value, "").value


def test_a_missing_name_is_named() -> None:
    with pytest.raises(FieldError) as caught:
        CHART.code("debt", {"customer": "C9"})
    assert caught.value.field == "debt"


def test_a_template_that_does_not_exist_is_refused() -> None:
    with pytest.raises(FieldError, match="energy_issued") as caught:
        CHART.code("petty_cash", NAMES)
    assert caught.value.field == "template"
