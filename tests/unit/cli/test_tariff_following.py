"""What one purchase leaves is where the next begins: blocks, charges, debts, free units, months."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from voltoken.cli.screen import Screen
from voltoken.cli.tariff.quotes import draw_quote, next_entry, next_price, quote_rows
from voltoken.tariff import Context, Prices, Quote, Standing, Tariff, following, load

TEXT = """\
format = "voltoken-tariff/1"
tariff = { code = "t", version = "1", name = "T", utility = "U", category = "c", zone = "UTC", \
valid_from = 2026-01-01 }
money = { currency = "ZAR", remainder = "carry" }
units = { round = { step = 0.1, to = "down" } }
period = { every = "month", counts = ["bought", "free"] }
energy = [{ blocks = [{ upto = 60, price = 2 }, { price = 3 }] }]

[[charge]]
code = "SERVICE"
name = "Service"
amount = 10
per = "month"
take = { share = 0.05 }

[[charge]]
code = "LINE"
name = "Line"
amount = 1
per = "month"

[[debt]]
code = "old"
name = "Old"
take = { share = 0.10 }

[[free]]
code = "FBE"
name = "Basic"
units = 10
per = "month"

[[free]]
code = "CYCLE"
name = "Cycle"
units = 5
per = "period"
"""


def at(month: int, day: int = 5) -> datetime:
    return datetime(2026, month, day, 10, tzinfo=UTC)


def bought(tariff: Tariff, context: Context, money: int = 10_003) -> Quote:
    return Prices(tariff).quote(money, context)


def test_in_the_same_month_everything_goes_on() -> None:
    tariff = load(TEXT)
    standing = {"LINE": Standing(date(2026, 4, 1))}
    first = bought(tariff, Context(at(3), used=7, debts={"old": 5000, "other": 9}, standing=standing))
    then = following(first, tariff, at(3, 9))
    assert then.used == 7 + first.units
    assert then.free_used == 15
    assert then.free_taken == {"FBE": 10, "CYCLE": 5}
    assert then.debts == {"old": 4000, "other": 9}
    assert then.standing["SERVICE"] == Standing(date(2026, 4, 1), 500)
    assert then.standing["LINE"] == Standing(date(2026, 4, 1))
    assert then.last_purchase == date(2026, 3, 5)
    assert then.carried == first.carried != 0
    assert then.past_units == ()
    second = bought(tariff, then)
    assert second.free == ()
    assert second.context.used == then.used


def test_in_a_later_month_the_count_starts_again_and_months_become_history() -> None:
    tariff = load(TEXT)
    first = bought(tariff, Context(at(3), used=7, past_units=(90, 80)))
    next_month = following(first, tariff, at(4))
    assert (next_month.used, next_month.free_used, next_month.free_taken) == (0, 0, {})
    assert next_month.past_units == (7 + first.units + first.free_units, 90, 80)
    later = following(first, tariff, at(6))
    assert later.past_units == (0, 0, 7 + first.units + first.free_units, 90, 80)


def test_free_units_of_a_month_and_of_a_period_lapse_apart() -> None:
    days = 'period = { days = 45, starts = 2026-03-01, counts = ["bought", "free"] }'
    tariff = load(TEXT.replace('period = { every = "month", counts = ["bought", "free"] }', days))
    first = bought(tariff, Context(at(3), used=7))
    then = following(first, tariff, at(4))
    assert then.free_taken == {"CYCLE": 5}
    assert then.used == 7 + first.units
    assert then.past_units == ()


def test_units_from_before_a_version_that_starts_again_do_not_count() -> None:
    old = load(TEXT)
    restarted = TEXT.replace("2026-01-01", "2026-03-08").replace(
        'every = "month"', 'every = "month", on_change = "restart"'
    )
    new = load(restarted)
    first = bought(old, Context(at(3), used=7))
    assert following(first, new, at(3, 9)).used == 0
    carried_on = load(restarted.replace('"restart"', '"carry"'))
    assert following(first, carried_on, at(3, 9)).used == 7 + first.units


def test_credit_moves_nobody_through_blocks() -> None:
    text = TEXT.replace('period = { every = "month", counts = ["bought", "free"] }\n', "").replace(
        "price = 3 }] }", 'price = 3 }], collected = "meter" }'
    )
    tariff = load(text.partition("[[free]]")[0])
    quote = bought(tariff, Context(at(3), used=7))
    assert quote.plan.is_credit
    assert following(quote, tariff, at(3, 9)).used == 7
    assert {row.figures[:2] for row in quote_rows(quote, tariff) if row.figures} == {("", "")}


def test_the_price_of_the_next_unit_is_that_of_the_block_reached() -> None:
    tariff = load(TEXT)
    alone = replace(tariff, charges=(), debts=(), free=(), collection=())
    to_the_edge = Prices(alone).quote_units(Decimal(60), Context(at(3)))
    assert next_price(to_the_edge, alone) == 3
    assert next_price(Prices(alone).quote_units(Decimal("59.9"), Context(at(3))), alone) == 2
    with_free = replace(tariff, charges=(), debts=(), collection=())
    short = Prices(with_free).quote_units(Decimal(46), Context(at(3)))
    assert next_price(short, with_free) == 3
    assert next_price(short, replace(with_free, period=alone.period)) == 3
    assert next_price(Prices(with_free).quote_units(Decimal(44), Context(at(3))), with_free) == 2


def test_money_carried_over_is_named_by_its_direction() -> None:
    vat = '[[tax]]\ncode = "VAT"\nname = "VAT"\nrate = 0.15\non = ["energy"]\n'
    tariff = load(TEXT.partition("energy = ")[0] + "energy = [{ price = 2.0967 }]\n" + vat)
    names = {}
    for carried, money in ((5, 1_001), (-3, 4_729)):
        quote = bought(tariff, Context(at(3), carried=carried), money)
        names[carried] = [row.name for row in quote_rows(quote, tariff) if row.name]
    assert names[5][2:-1] == ["Left over from the last purchase", "Kept for the next purchase"]
    assert names[-3][2:-1] == ["Taken back from the last purchase", "Owed with the next purchase"]


def test_shares_say_what_they_are_of_so_that_they_can_be_checked() -> None:
    tax = '[[tax]]\ncode = "VAT"\nname = "VAT"\nrate = 0.15\non = ["energy"]\n'
    head = TEXT.partition("period = ")[0]
    shown = {}
    for kind, text in {
        "printed": head,
        "exact": head.replace('"carry" }', '"carry", shares_on = "exact" }'),
        "each": head,
        "blocks": head,
    }.items():
        price = "{ upto = 5, price = 2.0967 }, { price = 3.03 }" if kind == "blocks" else "{ price = 2.0967 }"
        rounded = 'unit_round = { step = 0.01, to = "nearest" }\n' if kind in ("each", "blocks") else ""
        tariff = load(f"{text}energy = [{{ blocks = [{price}] }}]\n{tax}{rounded}")
        quote = bought(tariff, Context(at(3)), 1_742)
        (shown[kind],) = (row.name for row in quote_rows(quote, tariff) if row.name.startswith("VAT"))
    assert {kind: name.replace("\u00a0", " ") for kind, name in shown.items()} == {
        "printed": "VAT: 15 % of 15.10",
        "exact": "VAT: 15 % of 15.0962",
        "each": "VAT: 15 %, 0.31 for each kWh",
        "blocks": "VAT: 15 %, rounded for each kWh",
    }


def test_what_a_block_costs_on_entering_it_is_a_line_that_says_so() -> None:
    text = TEXT.partition("[[charge]]")[0].replace("price = 3 }", "price = 3, all_units = true }")
    tariff = load(text)
    quote = bought(tariff, Context(at(3), used=50), 20_000)
    assert [row.name for row in quote_rows(quote, tariff)][:3] == [
        *("Electricity, block 2: its price for the units before it", "Electricity, block 1"),
        "Electricity, block 2",
    ]


def test_a_quote_is_drawn_with_all_that_it_leaves(capsys: pytest.CaptureFixture[str]) -> None:
    tariff = load(TEXT)
    quote = bought(tariff, Context(at(3), debts={"old": 5000}))
    draw_quote(Screen(), quote, tariff)
    shown = " ".join(capsys.readouterr().out.split())
    for said in ("ZAR 40.00: Old", "ZAR 5.00: Service", "Carried on ZAR", "10 kWh, in one token; Basic"):
        assert said in shown


def test_what_is_paid_once_is_a_line_and_told_before_it_comes(capsys: pytest.CaptureFixture[str]) -> None:
    levy = '[[levy]]\ncode = "UP"\nname = "Rest of the fee"\nonce = 8\nfrom_units = 40\n'
    once = load(TEXT.partition("[[charge]]")[0] + levy)
    before = bought(once, Context(at(3)), 8_000)
    assert (before.units, next_price(before, once), next_entry(before, once)) == (
        Decimal(40),
        Fraction(2),
        800,
    )
    draw_quote(Screen(), before, once)
    assert "2.00 ZAR, all included; before it ZAR 8.00 once" in " ".join(capsys.readouterr().out.split())
    after = bought(once, Context(at(3)), 10_000)
    assert next_entry(after, once) == 0
    rows = {row.name: row.figures for row in quote_rows(after, once)}
    assert rows["Rest of the fee"] == ("", "", "8.00")
    draw_quote(Screen(), after, once)
    assert "before it" not in capsys.readouterr().out


def test_equal_tokens_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    tariff = load(TEXT.partition("[[charge]]")[0])
    quote = Prices(tariff).quote_units(3640325, Context(at(3)))
    assert [str(token) for token in quote.tokens] == ["1820162.4", "1820162.4", "0.2"]
    draw_quote(Screen(), quote, tariff)
    shown = " ".join(capsys.readouterr().out.split())
    assert "in 3 tokens: 2 \u00d7 1820162.4 + 0.2" in shown
