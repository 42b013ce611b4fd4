"""``voltoken key``: derive decoder keys, identify keys, change a meter's key, check EA07 tables."""

from __future__ import annotations

import json

import click

from voltoken.cli.commands import Group, Lazy, imported
from voltoken.cli.failures import warn
from voltoken.cli.keys import (
    EXAMPLE_KEY,
    SOURCES,
    KeyOptions,
    describe,
    key_document,
    key_options,
)
from voltoken.cli.parameters import gather, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sources import read_json, write_private
from voltoken.sts import DecoderKey, MeterPAN, STATables, key_check_value

key = Group(
    "key",
    lazy={
        "change-set": Lazy(
            "Make the tokens that give a meter another key.",
            imported("voltoken.cli.change_set", "change_set"),
        )
    },
    help="Derive decoder keys, identify keys, change a meter's key.\n\n"
    "Key bytes are never shown unless a key is marked with --test-key.",
    epilog=f"voltoken key derive {EXAMPLE_KEY}\nvoltoken key check-value --vending-key prompt",
)


@key.command(epilog=f"voltoken key derive {EXAMPLE_KEY} --out meter.json")
@click.option("--out", metavar="FILE", help="Write the key to a new file that only you can read.")
@key_options
@json_option
def derive(key: KeyOptions, out: str | None, *, as_json: bool) -> None:
    """Derive the decoder key of a meter from a vending key.

    Shows the check value and the attributes. The key itself is shown only with --test-key, or written
    with --out.
    """
    material = key.vending_material()
    derived, cautions = key.derive(material)
    pan = key.pan or material.attributes["pan"]
    for caution in cautions:
        warn(caution)
    if out is not None:
        write_private(out, json.dumps(_key_file(derived, pan), indent=2) + "\n")
    if as_json:
        shown = {"decoder_key": derived.key.hex()} if key.test_key else {}
        answer({"pan": pan, **key_document(derived), **shown, "file": out, "cautions": list(cautions)})
        return
    rows = [
        ("meter", str(pan)),
        ("key", describe(derived)),
        ("encryption", f"EA{derived.ea.value}, {derived.ea.key_bits} bits"),
        ("check value", f"{derived.check_value} ({derived.check_value.algorithm})"),
    ]
    if key.test_key:
        rows.append(("test key", derived.key.hex()))
    if out is not None:
        rows.append(("written to", out))
    screen = Screen()
    screen.title("Decoder key")
    screen.facts(rows)
    screen.line()


def _key_file(derived: DecoderKey, pan: MeterPAN) -> dict[str, object]:
    """Return the content of a decoder key file: the one place where key bytes leave the program."""
    return {
        "decoder_key": derived.key.hex(),
        "pan": pan,
        "ea": derived.ea.value,
        "sgc": derived.sgc,
        "krn": None if derived.krn is None else int(derived.krn),
        "ti": derived.ti,
        "kt": int(derived.kt),
        "ken": int(derived.ken),
        "base_date": derived.base_date.value,
        "test": derived.test,
    }


@key.command(
    "check-value",
    epilog="voltoken key check-value --vending-key file:vending.json\n"
    "voltoken key check-value --decoder-key prompt",
)
@gather("key", KeyOptions, SOURCES)
@json_option
def check_value(key: KeyOptions, *, as_json: bool) -> None:
    """Show the check value of a key: six digits that identify it without revealing it.

    The formula of certified modules is not public; compare values only where the algorithm named beside
    them is the same.
    """
    kind, material = key.material()
    value = key_check_value(material.key)
    if as_json:
        answer({"kind": kind, "bits": 8 * len(material.key), **value._asdict()})
        return
    screen = Screen()
    screen.title(f"{value}")
    screen.facts([("key", f"{kind} of {8 * len(material.key)} bits"), ("algorithm", value.algorithm)])
    screen.line()


@key.command(epilog="voltoken key tables licensed-tables.json")
@click.argument("file")
@json_option
def tables(file: str, *, as_json: bool) -> None:
    """Check a file of EA07 tables and say what is wrong with it. The tables are never shown.

    The file is a JSON object with substitution_1 and substitution_2 (16 numbers each) and permutation
    (64 numbers); the decryption tables may be there too and are then compared.
    """
    found = STATables.from_document(read_json(file, "STA table file"))
    if as_json:
        answer({"valid": True, "label": found.label, "sample": found.is_sample})
        return
    screen = Screen()
    screen.line()
    screen.text(f"The file holds a valid set of EA07 tables, named: {found.label}.", "good")
    if found.is_sample:
        screen.text("They are the sample tables that the standard prints. Real meters use other ones.")
    screen.line()
