"""Published bills and receipts: the engine reproduces every one, at the precision its source prints."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from docs.tariff_pages import PAGE, examples_page
from tools.tariff_cases import CONFIDENCE, FOLDER, Case, cases_of, checks, files, main, read, tariff_of
from voltoken.errors import FieldError
from voltoken.tariff import Context, Prices

FILES = files()
CASES = [pytest.param(case, id=case.id) for path in FILES for case in read(path)]

EVERY_FEATURE = """
accrues_max = 3
all_units = true
claim = true
collected = "meter"
counts = ["bought", "free"]
days = 30
energy_share = 0.25
from_units = 500
includes = ["VAT"]
lines_of = "tender"
mean = {
on_change = "restart"
per = "day"
per = "period"
per_unit = -0.1634
per_unit = { "2017-12"
prices_in = "USD"
rates = [
remainder = "carry"
shares_on = "exact"
sold_at = 580.6
take = { share
take = { whole
to = "down"
to = "up"
unit_round = {
[[debt]]
[[free]]
[collection]
[limits]
[names.fr]
""".strip().splitlines()


@pytest.mark.parametrize("case", CASES)
def test_the_engine_agrees_with_the_source(case: Case) -> None:
    found = checks(case, case.quote())
    assert found
    assert [check for check in found if not check.agrees] == []


@pytest.mark.parametrize("case", CASES)
def test_lines_add_up_to_the_tender(case: Case) -> None:
    quote = case.quote()
    assert sum(line.amount for line in quote.lines) == quote.tender
    if case.money is not None:
        assert quote.tender == case.money


@pytest.mark.parametrize("case", CASES)
def test_units_bought_for_the_money_and_money_asked_for_the_units_agree(case: Case) -> None:
    prices = Prices(case.tariff, case.grid)
    forward = case.quote()
    if not forward.units:
        assert forward.free
        return
    back = prices.quote_units(forward.units, case.context)
    assert back.units == forward.units
    again = prices.quote(back.tender, case.context).units
    # Liberia: a cent buys almost four hundredths of a kWh, so most hundredths have no price of their own.
    too_coarse = prices.quote(back.tender - 1, case.context).units < forward.units < again
    assert again == forward.units or too_coarse


def leaves(told: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield every number of what a case expects, with its place."""
    if isinstance(told, dict | list):
        rows = told.items() if isinstance(told, dict) else enumerate(told)
        for key, value in rows:
            yield from leaves(value, (*place, key))
    elif isinstance(told, Decimal | int):
        yield place, told


@pytest.mark.parametrize("case", CASES)
def test_a_number_that_is_off_by_its_last_digit_is_noticed(case: Case) -> None:
    for place, right in list(leaves(case.expect)):
        at: Any = case.expect
        for key in place[:-1]:
            at = at[key]
        last_digit = Decimal(1).scaleb(int(Decimal(right).as_tuple().exponent))
        at[place[-1]] = right + (last_digit if case.within is None else 3 * case.within)
        wrong = [check for check in checks(case, case.quote()) if not check.agrees]
        at[place[-1]] = right
        assert len(wrong) == 1, place


def test_four_purchases_of_a_quarter_bring_what_one_brings() -> None:
    # Stated by the source of the schedule: 4 x 50 in a month bring as many units as 200 at once.
    path = FOLDER / "zw-zetdc-domestic-2019-10.toml"
    prices, at = Prices(tariff_of(path)), read(path)[0].context.at
    used = Decimal(0)
    for _ in range(4):
        used += prices.quote(5000, Context(at=at, used=used)).units
    whole = prices.quote(20000, Context(at=at)).units
    assert abs(whole - used) <= 4 * Decimal("0.1")


def test_every_tariff_has_cases_and_every_file_of_cases_a_tariff() -> None:
    assert {path.name for path in FOLDER.glob("*.toml")} == {
        name for path in FILES for name in (path.name, cases_of(path).name)
    }


def test_every_case_has_a_name_of_its_own() -> None:
    names = [case.id for path in FILES for case in read(path)]
    assert sorted(set(names)) == sorted(names)


def test_cases_are_published_but_for_those_that_say_otherwise() -> None:
    for path in FILES:
        for case in read(path):
            assert case.source.startswith("http") != (case.confidence == "computed"), case.id
            assert case.within is None or case.note or path.stem == "zw-zetdc-domestic-2019-10", case.id


def test_a_tariff_that_was_made_up_in_part_says_so() -> None:
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert text.startswith("# ")
        if not tariff_of(path).sources:
            assert "ILLUSTRATIVE" in text, path.name


def test_the_examples_show_the_features_of_the_format() -> None:
    everything = "\n".join(path.read_text(encoding="utf-8") for path in FILES)
    assert [feature for feature in EVERY_FEATURE if feature not in everything] == []


def test_the_table_names_every_case(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    printed = capsys.readouterr().out
    assert all(f"| `{case.id}` |" in printed for path in FILES for case in read(path))
    assert "WRONG" not in printed


def test_the_reference_page_is_what_the_examples_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == examples_page(), "run: python -m docs.tariff_pages"


MISTAKES = {
    "an unknown key": ("money = 1\n", "money = 1\nmony = 1\n"),
    "an unknown expectation": ("units = 1 }", "unit = 1 }"),
    "an unknown confidence": (f'confidence = "{next(iter(CONFIDENCE))}"', 'confidence = "very high"'),
    "both money and units": ("money = 1\n", "money = 1\nunits = 1\n"),
    "another tariff": ('tariff = "t.toml"', 'tariff = "u.toml"'),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_file_of_cases_with_a_mistake_is_not_read(name: str, tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_bytes((FOLDER / "ng-flat-with-vat.toml").read_bytes())
    text = (
        'format = "voltoken-tariff-cases/1"\ntariff = "t.toml"\n[sources]\ns = "https://example.org"\n'
        '[[case]]\nid = "a"\ntitle = "A"\nsource = "s"\nconfidence = "high"\nat = 2021-01-01T00:00:00\n'
        "money = 1\nexpect = { units = 1 }\n"
    )
    cases = tmp_path / "t.cases.toml"
    cases.write_text(text, encoding="utf-8")
    assert len(read(tmp_path / "t.toml")) == 1
    right, mistake = MISTAKES[name]
    assert right in text
    cases.write_text(text.replace(right, mistake), encoding="utf-8")
    with pytest.raises(FieldError):
        read(tmp_path / "t.toml")
