"""``voltoken token issue``: make a token of any type."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import partial
from typing import Any

import click

from voltoken.cli.commands import Group, Lazy
from voltoken.cli.failures import warn
from voltoken.cli.keys import (
    EXAMPLE_KEY,
    UNCHECKED_WARNING,
    KeyOptions,
    Opened,
    describe,
    key_document,
    key_options,
)
from voltoken.cli.kinds import KINDS, AmountCommand, Carried, Kind, carried
from voltoken.cli.parameters import convert, json_option, number, rnd
from voltoken.cli.screen import Screen, answer
from voltoken.cli.times import When, when_options
from voltoken.sts import (
    RND,
    TCT,
    Explanation,
    InitiateMeterTestDisplay,
    Token,
    TokenNumber,
    encode,
    explain,
    registry,
    rules,
)

issue = Group(
    "issue",
    help="Make a token. Name its type; each type has its own help.\n\n"
    "Amounts are rounded up to what a token can carry, and the answer says so when they were.",
    epilog=f"voltoken token issue electricity 25.6 {EXAMPLE_KEY}\nvoltoken token issue test 1",
)


@dataclass(frozen=True, slots=True)
class Issued:
    """A token just made, with all that is shown about it."""

    kind: Kind
    token: Token
    number: TokenNumber
    opened: Opened
    when: When
    explanation: Explanation
    amount: Carried | None
    checked: bool


def _make(
    kind: Kind,
    values: dict[str, Any],
    key: KeyOptions,
    when: When,
    rnd: RND | None,
    tct: TCT,
    *,
    checked: bool,
) -> Issued:
    """Make the token of a kind; apply the rules unless a laboratory asked not to."""
    opened = key.open()
    tid = when.pick_tid(opened.key.base_date)
    token = kind.make(values, tid, secrets.randbelow(16) if rnd is None else rnd)
    if checked:
        rules.check_key_use(opened.key.kt, token.token_class, opened.key.ken, tid)
        rules.check_carrier(opened.key.kt, tct)
    else:
        warn(UNCHECKED_WARNING)
    number = encode(token, opened.cipher)
    explanation = explain(number.digits, opened.cipher, utc_offset=when.utc_offset)
    return Issued(kind, token, number, opened, when, explanation, carried(kind, values, token), checked)


def _show(issued: Issued) -> None:
    """Show a token, what the meter will do with it, and how it was made."""
    screen = Screen()
    key = issued.opened.key
    screen.token(issued.number)
    screen.text(issued.explanation.summary)
    _show_rounding(screen, issued.amount)
    screen.line()
    rows = [("meter", str(issued.opened.pan))] if issued.opened.pan else []
    tid = int(getattr(issued.token, "tid", 0))
    rows += [
        ("TID", f"{tid} ({tid:06X}), minutes since 1 January {key.base_date.instant.year}"),
        ("key", f"{describe(key)}; check value {key.check_value}"),
        ("encryption", issued.opened.cipher.label),
    ]
    if hasattr(issued.token, "rnd"):
        rows.append(("RND", str(int(issued.token.rnd))))
    if not issued.checked:
        rows.append(("rules", "not applied (--unchecked)"))
    screen.facts(rows)


def _show_rounding(screen: Screen, amount: Carried | None) -> None:
    """Say how the amount was rounded, if it was."""
    if amount is None or amount.requested == amount.booked:
        return
    more = abs(amount.booked - amount.requested)
    direction = "more" if amount.booked > 0 else "less taken away"
    screen.line()
    screen.text(
        f"Asked for: {amount.requested} {amount.unit}. The meter books {amount.booked}, {more} {direction}: "
        "large amounts have coarse steps, rounded in the customer's favour.",
        "yellow",
    )
    if amount.split:
        parts = " + ".join(map(str, amount.split))
        screen.text(f"For exactly {sum(amount.split)}, make {len(amount.split)} tokens: {parts}.", "yellow")


def _document(issued: Issued) -> dict[str, object]:
    """Return all that is known about a token for JSON."""
    key, amount = issued.opened.key, issued.amount
    tid = int(getattr(issued.token, "tid", 0))
    document = _number_document(issued.token, issued.number, issued.explanation)
    if amount is not None:
        document |= {
            "requested": str(amount.requested),
            "carried": str(amount.booked),
            "unit": amount.unit,
            "split": [str(part) for part in amount.split],
        }
    return document | {
        "tid": tid,
        "issued": issued.when.clock(key.base_date).moment_of(tid).isoformat().replace("+00:00", "Z"),
        "rnd": int(issued.token.rnd) if hasattr(issued.token, "rnd") else None,
        "pan": issued.opened.pan,
        "encryption": issued.opened.cipher.label,
        "key": key_document(key),
        "rules_applied": issued.checked,
        "cautions": list(issued.opened.cautions),
    }


def _number_document(token: Token, number: TokenNumber, explanation: Explanation) -> dict[str, object]:
    return {
        "token": number.digits,
        "grouped": number.grouped,
        "hex": number.hex,
        "type": token.layout.name,
        "class": token.token_class,
        "subclass": token.subclass,
        "summary": explanation.summary,
    }


def _command(kind: Kind) -> click.Command:
    """Return the command that makes tokens of a kind."""

    @json_option
    @click.option("--unchecked", is_flag=True, help="Make even what a meter must refuse; for laboratories.")
    @click.option(
        "--tct",
        metavar="NN",
        default="02",
        callback=convert(TCT),
        help="Carrier: 02 digits, 01 card.  [default: 02]",
    )
    @click.option("--rnd", metavar="0-15", callback=convert(rnd), help="Random number.  [default: drawn]")
    @when_options
    @key_options
    def callback(
        key: KeyOptions,
        when: When,
        rnd: RND | None,
        tct: TCT,
        *,
        unchecked: bool,
        as_json: bool,
        **values: Any,
    ) -> None:
        issued = _make(kind, values, key, when, rnd, tct, checked=not unchecked)
        if as_json:
            answer(_document(issued))
        else:
            _show(issued)

    decorated = callback
    for argument in reversed(kind.arguments):
        decorated = argument(decorated)
    words = f"{kind.name} {kind.example}".strip()
    return click.command(
        kind.name,
        cls=AmountCommand,
        help=kind.line,
        short_help=kind.line,
        epilog=f"voltoken token issue {words} {EXAMPLE_KEY}",
    )(decorated)


issue.lazy |= {kind.name: Lazy(kind.line, partial(_command, kind)) for kind in KINDS}


@issue.command(
    "test",
    short_help="Start tests or displays on any meter; needs no key.",
    epilog="voltoken token issue test 1\nvoltoken token issue test 4 5 16 --mfr-code 0000",
)
@click.argument("numbers", nargs=-1, required=True, callback=convert(number("test", "a whole number")))
@click.option(
    "--mfr-code", metavar="CODE", default="00", help="2 or 4 digits; 00 is every maker.  [default: 00]"
)
@json_option
def issue_test(numbers: tuple[int, ...], mfr_code: str, *, as_json: bool) -> None:
    """Start tests or displays on any meter. NUMBER is 1 to 36, several at once, or 0 for all tests.

    These tokens are not encrypted and can be used again and again.
    """
    token = InitiateMeterTestDisplay.of(numbers, mfr_code)
    number = encode(token)
    explanation = explain(number.digits)
    if as_json:
        names = [registry.find_name(registry.METER_TESTS, test) for test in token.tests]
        document = _number_document(token, number, explanation)
        answer(document | {"tests": list(token.tests), "names": names, "mfr_code": mfr_code})
        return
    screen = Screen()
    screen.token(number)
    screen.text(explanation.summary)
