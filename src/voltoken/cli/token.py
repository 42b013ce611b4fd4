"""``voltoken token``: make, read and explain tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import click

from voltoken.cli.commands import Group, Lazy, imported
from voltoken.cli.draw import draw_explanation
from voltoken.cli.failures import as_document, exit_code_of
from voltoken.cli.keys import KeyOptions, Opened, describe, key_document, key_options
from voltoken.cli.parameters import json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.times import OFFSET_OPTION
from voltoken.errors import CarrierError, TokenError
from voltoken.sts import Explanation, Token, TokenNumber, explain

_ENCRYPTED: Final = (0, 2)
"""Classes of tokens that only a decoder key opens."""

token = Group(
    "token",
    lazy={"issue": Lazy("Make a token of any type.", imported("voltoken.cli.issue", "issue"))},
    help="Make, read and explain tokens.",
    epilog="voltoken token issue test 1\nvoltoken token explain 0000 0000 0001 5099 7584",
)


@token.command(
    epilog="voltoken token decode 5938 6323 4721 3742 6967 --decoder-key file:meter.json\n"
    "voltoken token decode 00000000000150997584"
)
@click.argument("digits", metavar="TOKEN", nargs=-1, required=True)
@key_options
@OFFSET_OPTION
@json_option
def decode(digits: tuple[str, ...], key: KeyOptions, utc_offset: timedelta, *, as_json: bool) -> None:
    """Read a token of 20 digits; blanks between them do not matter.

    Credit and management tokens need the key of their meter, tests need none.
    """
    number = TokenNumber.parse(" ".join(digits))
    opened = key.open() if number.token_class in _ENCRYPTED else None
    explanation = explain(number.digits, opened.cipher if opened else None, utc_offset=utc_offset)
    if explanation.token is None:
        raise explanation.error or TokenError(explanation.summary)
    if as_json:
        answer(_token_document(number, explanation.token) | _document(explanation, opened))
        return
    screen = Screen()
    screen.token(number)
    screen.text(explanation.summary)
    screen.line()
    screen.facts(_facts(explanation.token, explanation, opened))


def _facts(token: Token, explanation: Explanation, opened: Opened | None) -> list[tuple[str, str]]:
    rows = [("type", f"{token.layout.name} (class {token.token_class}, subclass {token.subclass})")]
    rows += [(field.name, f"{field.value}  {field.meaning}") for field in explanation.fields]
    if opened:
        rows += [
            ("key", f"{describe(opened.key)}; check value {opened.key.check_value}"),
            ("encryption", opened.cipher.label),
        ]
    return rows


@token.command(
    "explain",
    epilog="voltoken token explain 0000 0000 0001 5099 7584\n"
    "voltoken token explain 5938 6323 4721 3742 6967 --decoder-key file:meter.json",
)
@click.argument("digits", metavar="TOKEN", nargs=-1, required=True)
@key_options
@OFFSET_OPTION
@json_option
@click.pass_context
def explain_token(
    ctx: click.Context, digits: tuple[str, ...], key: KeyOptions, utc_offset: timedelta, *, as_json: bool
) -> None:
    """Show step by step how the 20 digits become what a meter does.

    Without a key an encrypted token is explained as far as anybody can read it. A token that is wrong is
    explained up to the point where it fails.
    """
    text = " ".join(digits)
    opened = None
    try:
        number: TokenNumber | None = TokenNumber.parse(text)
    except CarrierError:
        number = None  # explained below
    if number is not None and number.token_class in _ENCRYPTED and key.find()[1] is not None:
        opened = key.open()
    explanation = explain(text, opened.cipher if opened else None, utc_offset=utc_offset)
    if as_json:
        answer(_document(explanation, opened))
    else:
        draw_explanation(Screen(), number, explanation)
    if explanation.error is not None:
        ctx.exit(exit_code_of(explanation.error))


def _token_document(number: TokenNumber, token: Token) -> dict[str, object]:
    """Return what a token is and says, for JSON; parts of keys are left out."""
    secret = {spec.name for spec in token.layout.fields if spec.secret}
    values = {name: str(getattr(token, name)) for name in ("units", "money", "watts") if hasattr(token, name)}
    return {
        "token": number.digits,
        "hex": number.hex,
        "type": token.layout.name,
        "class": token.token_class,
        "subclass": token.subclass,
        **values,
        "values": {
            spec.name: None if spec.name in secret else int(getattr(token, spec.name))
            for spec in token.layout.fields
        },
    }


def _document(explanation: Explanation, opened: Opened | None) -> dict[str, object]:
    """Return an explanation for JSON."""
    document: dict[str, object] = {
        "summary": explanation.summary,
        "steps": [step._asdict() for step in explanation.steps],
        "fields": [field._asdict() for field in explanation.fields],
        "block": explanation.block or None,
    }
    if opened:
        document |= {"encryption": opened.cipher.label, "key": key_document(opened.key)}
    if explanation.error is not None:
        document["error"] = as_document(explanation.error)
    return document
