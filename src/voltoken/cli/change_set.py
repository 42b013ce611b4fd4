"""``voltoken key change-set``: the tokens that give a meter another key."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Final

import click

from voltoken.cli.commands import Command, SectionOption
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
from voltoken.cli.parameters import Decorator, attribute, convert, gather, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sources import VENDING, Material, load_key
from voltoken.cli.times import OFFSET_OPTION, TIME_OPTION, When
from voltoken.sts import (
    DKGA,
    KEN,
    KRN,
    SGC,
    TCT,
    TI,
    BaseDate,
    DecoderKey,
    KeyType,
    TokenNumber,
    encode_key_change,
    key_change_sections,
    key_change_set,
    rules,
)

_SECTION: Final = "The new key; what is not said stays as it is"
_STAYS_WITH_THE_METER: Final = ("pan", "ti", "ea", "dkga", "kt", "sgc")
"""What a meter keeps when another vending key takes over, unless something else is said."""
ADVICE: Final = (
    "First enter every older unused credit token: after the change the meter refuses them.",
    "Then enter all of these tokens, in any order. Nothing changes before the last; credit in it stays.",
    "Do not make another set for this meter before this one is entered: tokens of two sets do not mix.",
)
ROLL_OVER: Final = "Roll-over: the meter forgets the TIDs it has seen and counts from the new base date."


@dataclass(frozen=True, slots=True)
class Target:
    """The options about the new key."""

    to_vending_key: str | None = None
    to_sgc: SGC | None = None
    to_krn: KRN | None = None
    to_ti: TI | None = None
    to_kt: KeyType | None = None
    to_base_date: BaseDate | None = None
    to_ken: KEN | None = None
    to_dkga: DKGA | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A key change: from which key to which, and the tokens in the order of their sections."""

    current: Opened
    new: DecoderKey
    numbers: tuple[TokenNumber, ...]
    roll_over: bool
    checked: bool


def _new_key(key: KeyOptions, target: Target, kind: str, material: Material) -> DecoderKey:
    """Return the key that the meter is given; what the options do not say comes from the current one."""
    inherited = {**material.attributes, **_given(key)}
    if target.to_vending_key is not None:
        loaded = load_key(target.to_vending_key, VENDING)
        kept = {name: value for name, value in inherited.items() if name in _STAYS_WITH_THE_METER}
        merged = replace(loaded, attributes={**kept, **loaded.attributes})
    elif kind == VENDING:
        merged = replace(material, attributes=inherited)
    else:
        raise click.UsageError("The new key comes from a vending key: name one with --to-vending-key.")
    wanted = {name: getattr(target, f"to_{name}", None) for name in _ATTRIBUTES}
    missing = [name for name in ("sgc", "krn", "ti") if name not in merged.attributes and not wanted[name]]
    if missing:
        raise click.UsageError(f"The new key must be described: give --to-{', --to-'.join(missing)}.")
    options = KeyOptions(**wanted, parity=key.parity, test_key=key.test_key)
    derived, cautions = options.derive(merged)
    for caution in cautions:
        warn(f"the new key: {caution}")
    return derived


_ATTRIBUTES: Final = tuple(field.name.removeprefix("to_") for field in fields(Target))[1:]


def _given(key: KeyOptions) -> dict[str, object]:
    """Return the attributes among the options of the current key that were given."""
    names = ("pan", "ea", *_ATTRIBUTES)
    return {name: value for name in names if (value := getattr(key, name)) is not None}


def _make(
    key: KeyOptions, target: Target, when: When, tct: TCT, *, roll_over: bool, carry_sgc: bool, checked: bool
) -> Change:
    """Make the set, applying the rules unless a laboratory asked not to."""
    kind, material = key.material()
    current = key.open_material(kind, material)
    new = _new_key(key, target, kind, material)
    if checked:
        rules.check_carrier(new.kt, tct)
        rules.check_not_expired(new.ken, when.pick_tid(new.base_date))
        sections = key_change_set(current.key, new, roll_over=roll_over, carry_sgc=carry_sgc)
    else:
        warn(UNCHECKED_WARNING)
        sections = key_change_sections(new, roll_over=roll_over, carry_sgc=carry_sgc)
    return Change(current, new, encode_key_change(sections, current.cipher), roll_over, checked)


def _option(name: str, metavar: str, text: str) -> Decorator:
    callback = attribute(name.removeprefix("to-").replace("-", "_")) if name != "to-vending-key" else None
    return click.option(
        f"--{name}", cls=SectionOption, section=_SECTION, metavar=metavar, callback=callback, help=text
    )


_TARGET: Final = (
    _option("to-vending-key", "SOURCE", "Its vending key, where it comes from another one."),
    _option("to-sgc", "NNNNNN", "Its supply group code."),
    _option("to-krn", "N", "Its key revision number; needed with another vending key."),
    _option("to-ti", "NN", "The new tariff index."),
    _option("to-kt", "N", "The new key type."),
    _option("to-base-date", "93|14|35", "Its base date.  [default with another vending key: 14]"),
    _option("to-ken", "N", "Its key expiry number."),
    _option("to-dkga", "01|02|03|04", "Its key generation."),
)


@click.command(
    "change-set",
    cls=Command,
    epilog=f"voltoken key change-set {EXAMPLE_KEY} --to-ti 02\n"
    f"voltoken key change-set {EXAMPLE_KEY} --to-vending-key file:new.json --roll-over",
)
@click.option("--roll-over", is_flag=True, help="Set the roll-over bit, as a later base date needs.")
@click.option("--carry-sgc", is_flag=True, help="64-bit keys: a third token with the supply group code.")
@click.option("--unchecked", is_flag=True, help="Make even what a meter must refuse; for laboratories.")
@click.option("--tct", metavar="NN", default="02", callback=convert(TCT), help="Carrier: 02 digits, 01 card.")
@gather("target", Target, _TARGET)
@gather("when", When, (TIME_OPTION, OFFSET_OPTION))
@key_options
@json_option
def change_set(
    key: KeyOptions,
    target: Target,
    when: When,
    tct: TCT,
    *,
    roll_over: bool,
    carry_sgc: bool,
    unchecked: bool,
    as_json: bool,
) -> None:
    """Make the 2, 3 or 4 tokens that take a meter from its current key to another.

    The options about key and meter describe the current key, those that begin with --to the new one.
    """
    change = _make(key, target, when, tct, roll_over=roll_over, carry_sgc=carry_sgc, checked=not unchecked)
    if as_json:
        answer(_document(change))
    else:
        _show(change)


def _show(change: Change) -> None:
    """Show the set in the order of its sections, and what to tell the customer."""
    screen = Screen()
    count = len(change.numbers)
    screen.title(f"Key change in {count} tokens")
    for place, number in enumerate(change.numbers, 1):
        digits = "   ".join(number.grouped.split())
        screen.line(f"{place} of {count}   {screen.style(digits, 'strong')}")
        screen.line()
    advice = [*ADVICE, ROLL_OVER] if change.roll_over else ADVICE
    for sentence in advice:
        screen.text(sentence)
        screen.line()
    current, new = change.current.key, change.new
    rows = [("meter", str(change.current.pan))] if change.current.pan else []
    rows += [
        ("from", f"{describe(current)}; check value {current.check_value}"),
        ("to", f"{describe(new)}; check value {new.check_value}"),
        ("encryption", change.current.cipher.label),
    ]
    if not change.checked:
        rows.append(("rules", "not applied (--unchecked)"))
    screen.facts(rows)
    screen.line()


def _document(change: Change) -> dict[str, object]:
    return {
        "tokens": [
            {"token": number.digits, "grouped": number.grouped, "hex": number.hex}
            for number in change.numbers
        ],
        "pan": change.current.pan,
        "current": key_document(change.current.key),
        "new": key_document(change.new),
        "roll_over": change.roll_over,
        "encryption": change.current.cipher.label,
        "rules_applied": change.checked,
        "advice": [*ADVICE, ROLL_OVER] if change.roll_over else list(ADVICE),
        "cautions": list(change.current.cautions),
    }
