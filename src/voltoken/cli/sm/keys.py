"""``voltoken sm keys``: the keys of a served module, without their bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import click

from voltoken.cli.commands import Group
from voltoken.cli.parameters import attribute, gather, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sm.shared import ask_module, home_argument, show, time_of
from voltoken.cli.sources import VENDING, Material, load_key
from voltoken.drivers.journal import register_document
from voltoken.errors import FieldError
from voltoken.security import KeyRef, KeyRegister, join
from voltoken.sts import (
    DKGA,
    EA,
    KEN,
    KRN,
    SGC,
    UNITS,
    BaseDate,
    KeyCheckValue,
    KeyType,
    Service,
    key_check_value,
    rules,
)

_DAYS: Final = 90
"""The usual time until a key has to be loaded again: short, because that is how a key is revoked."""

keys = Group(
    "keys",
    help="List, load and delete the keys of a served module. Their bytes are never shown.",
    epilog="voltoken sm keys list pilot\n"
    "voltoken sm keys load pilot --component file:part-1.hex --component prompt --check-value 6C3DE4 "
    "--sgc 123457 --krn 1 --units 1000000\n"
    "voltoken sm keys delete pilot 123457/1 --reason 'moved to KRN 2'",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a key is to be, as far as the options say."""

    sgc: SGC | None = None
    krn: KRN | None = None
    kt: KeyType | None = None
    base_date: BaseDate | None = None
    ken: KEN | None = None
    dkga: DKGA | None = None
    ea: tuple[str, ...] = ()
    days: int = _DAYS
    units: str = "0"
    clm: int = 0
    service: tuple[str, ...] = ("electricity",)
    clu: int = 0
    key_change_only: bool = False
    test_key: bool = False
    in_hardware: bool = False


@keys.command("list", epilog="voltoken sm keys list pilot")
@home_argument
@json_option
def list_keys(home: Path, *, as_json: bool) -> None:
    """List the keys of a served module, and how much of their limits is left."""
    found = ask_module(home, "keys")
    if as_json:
        answer(found)
        return
    screen = Screen()
    if not found["keys"]:
        screen.text("No key is loaded. Load one with: voltoken sm keys load", indent=0)
    else:
        headings = ("Key", "Type", "DKGA EA", "Base", "KEN", "Until", "Check", ">Units left", "Notes")
        screen.table(headings, [_row(one) for one in found["keys"]])
    for one in found["revoked"]:
        screen.text(
            f"{one['key']}, check value {one['check_value']}, was revoked by {one['centre']}. It comes back "
            "by file as the same key only, until you delete it.",
            indent=0,
        )


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    notes = [
        text
        for name, text in (
            ("test", "test"),
            ("key_change_only", "out only"),
            ("in_hardware", "HSM"),
        )
        if one[name]
    ]
    if one["centre"] is not None:
        notes.append(f"of {one['centre']}")
    left = UNITS.units(max(one["ulm"] - one["units_made"], 0))
    return (
        one["key"],
        KeyType(one["kt"]).name,
        " ".join([one["dkga"] or "-", *one["eas"]]),
        str(BaseDate(one["base_date"]).instant.year),
        str(one["ken"]),
        one["iut"][:10],
        one["check_value"],
        f"{left:,}",
        ", ".join(notes),
    )


@keys.command("load", epilog=keys.epilog.splitlines()[1] if keys.epilog else "")
@home_argument
@click.option(
    "--component",
    "components",
    metavar="SOURCE",
    multiple=True,
    required=True,
    help="A part of the key: file:PATH, env:NAME or prompt. Several are combined by XOR.",
)
@click.option("--check-value", metavar="HEX", help="Of the whole key, from another source than the parts.")
@gather(
    "wanted",
    Wanted,
    (
        click.option("--sgc", metavar="NNNNNN", callback=attribute("sgc"), help="Supply group code."),
        click.option("--krn", metavar="N", callback=attribute("krn"), help="Key revision number, 1 to 9."),
        click.option("--kt", metavar="N", callback=attribute("kt"), help="Key type.  [default: 2]"),
        click.option(
            "--base-date",
            metavar="93|14|35",
            callback=attribute("base_date"),
            help="Base date.  [default: 14]",
        ),
        click.option("--ken", metavar="N", callback=attribute("ken"), help="[default: 255]"),
        click.option("--dkga", metavar="NN", callback=attribute("dkga"), help="[default: by length]"),
        click.option("--ea", metavar="NN", multiple=True, help="Encryption.  [default: all it can]"),
        click.option("--days", type=click.IntRange(1, 3660), default=_DAYS, help="It works so long."),
        click.option("--units", metavar="KWH", default="0", help="It makes so many units.  [default: 0]"),
        click.option("--clm", type=int, default=0, help="And so much money, in steps of 0.00001."),
        click.option(
            "--service",
            multiple=True,
            default=("electricity",),
            help="Credit it may make: electricity, water, gas, time, electricity_currency ...",
        ),
        click.option("--clu", type=int, default=0, help="Its cluster.  [default: 0]"),
        click.option("--key-change-only", is_flag=True, help="It moves meters away, and no more."),
        click.option("--test-key", is_flag=True, help="Its bytes are published or made up."),
        click.option("--in-hardware", is_flag=True, help="Keep it inside the PKCS#11 token (DKGA04)."),
    ),
)
@json_option
def load(
    home: Path, components: tuple[str, ...], check_value: str | None, wanted: Wanted, *, as_json: bool
) -> None:
    """Load a key into a served, unsealed module.

    A key comes in parts, each known to one person only; put in a single part only for tests. The check value
    makes sure that the parts are right. What a key file says about the key need not be said again.
    """
    parts = [load_key(source, VENDING) for source in components]
    if check_value is None and len(parts) > 1:
        raise click.UsageError("Give the check value of the whole key with --check-value.")
    register = _register(parts, check_value, wanted, time_of(home).replace(microsecond=0))
    done = ask_module(
        home, "load", register=register_document(register), components=[part.key.hex() for part in parts]
    )
    value = done["key"]["check_value"]
    show(done, f"{register.ref} is loaded; its check value is {value}.", as_json=as_json)


def _register(parts: list[Material], check_value: str | None, wanted: Wanted, now: datetime) -> KeyRegister:
    """Return what the key is to be: as the options say, else as its file says, else as is usual."""
    said = parts[0].attributes
    key = join([part.key for part in parts])
    bits = 8 * len(key)
    sgc, krn = wanted.sgc or said.get("sgc"), wanted.krn or said.get("krn")
    if sgc is None or krn is None:
        raise click.UsageError("Which key is it? Give --sgc and --krn.")
    kt = wanted.kt if wanted.kt is not None else said.get("kt", KeyType.DUTK)
    dkga = None if kt is KeyType.DITK else wanted.dkga or said.get("dkga") or rules.dkga_for_key_length(bits)
    eas = frozenset(map(EA, wanted.ea)) or _algorithms(bits, dkga)
    found = KeyCheckValue(check_value, "") if check_value else key_check_value(key)
    return KeyRegister(
        KeyRef(sgc, krn),
        kt,
        dkga,
        eas,
        wanted.base_date or said.get("base_date", BaseDate.BD2014),
        wanted.ken if wanted.ken is not None else said.get("ken", KEN(255)),
        bits,
        found,
        now,
        now + timedelta(days=wanted.days),
        ulm=UNITS.steps(_units(wanted.units)),
        clm=wanted.clm,
        services=frozenset(map(_service, wanted.service)),
        clu=wanted.clu,
        key_change_only=wanted.key_change_only,
        test=wanted.test_key or any(part.test for part in parts),
        in_hardware=wanted.in_hardware,
    )


def _algorithms(bits: int, dkga: DKGA | None) -> frozenset[EA]:
    """Return the algorithms that a key can serve; EA09 only when it is asked for."""
    if dkga is None:
        return frozenset({EA.MISTY1 if bits == 128 else EA.STA})
    return frozenset(rules.DERIVATIONS[dkga].eas) - {EA.DEA}


def _units(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        raise FieldError("units", text, "a number such as 1000000") from None


def _service(text: str) -> Service:
    try:
        return Service[text.upper()]
    except KeyError:
        names = ", ".join(one.name.lower() for one in Service)
        raise FieldError("service", text, names) from None


@keys.command("delete", epilog="voltoken sm keys delete pilot 123457/1 --reason 'moved to KRN 2'")
@home_argument
@click.argument("key")
@click.option("--reason", required=True, help="Why, for the log.")
@json_option
def delete(home: Path, key: str, reason: str, *, as_json: bool) -> None:
    """Delete a key from a served module. Its counters and its log stay.

    KEY may also be one that a key file has revoked: what the module remembers of it is forgotten then, and a
    file may bring another key under its name. So delete a key whose supply group has moved to another centre.
    """
    ref = str(KeyRef.parse(key))
    show(ask_module(home, "delete", key=ref, reason=reason), f"{ref} is deleted.", as_json=as_json)
