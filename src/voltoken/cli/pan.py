"""``voltoken pan``: meter numbers and meter cards."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import click

from voltoken.cli.commands import Group
from voltoken.cli.parameters import attribute, convert, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.errors import FieldError
from voltoken.sts import (
    EA,
    KRN,
    SGC,
    TCT,
    TI,
    IDRecord,
    MeterPAN,
    luhn_check_digit,
    parse_meter_number,
    registry,
)

_SHAPES: Final = {18: "MeterPAN", 13: "DRN of a 4-digit manufacturer", 11: "DRN of a 2-digit manufacturer"}

pan = Group(
    "pan",
    help="Check and build meter numbers; read and write meter cards.",
    epilog="voltoken pan check 600727000000000009\nvoltoken pan build --mfr-code 01 --serial 12345678",
)


@pan.command(epilog="voltoken pan check 6007 2700 0000 0000 09\nvoltoken pan check 01123456780")
@click.argument("number", nargs=-1, required=True)
@json_option
def check(number: tuple[str, ...], *, as_json: bool) -> None:
    """Check a meter number of 18, 13 or 11 digits, and say which check digit is wrong if one is."""
    text = " ".join(number)
    try:
        meter = parse_meter_number(text)
    except FieldError:
        if not as_json:
            _show_check_digits("".join(text.split()))
        raise
    _show_meter(meter, as_json=as_json)


@pan.command(epilog="voltoken pan build --mfr-code 01 --serial 12345678\nvoltoken pan build 01123456780")
@click.argument("drn", required=False)
@click.option("--mfr-code", metavar="CODE", help="Manufacturer code, 2 or 4 digits.")
@click.option("--serial", metavar="NNNNNNNN", help="Serial number, 8 digits.")
@json_option
def build(drn: str | None, mfr_code: str | None, serial: str | None, *, as_json: bool) -> None:
    """Build the 18-digit meter number from the DRN on the meter, or from maker and serial number."""
    if drn is not None and mfr_code is None and serial is None:
        meter = MeterPAN.from_drn(drn)
    elif drn is None and mfr_code is not None and serial is not None:
        meter = MeterPAN.build(mfr_code, serial)
    else:
        raise click.UsageError("Give either a DRN, or --mfr-code and --serial.")
    _show_meter(meter, as_json=as_json)


def _show_meter(meter: MeterPAN, *, as_json: bool) -> None:
    """Show the parts of a number that is right."""
    parts = {
        "pan": meter,
        "iin": meter.iin,
        "drn": meter.drn,
        "mfr_code": meter.mfr_code,
        "serial": meter.serial,
    }
    if as_json:
        answer({name: str(value) for name, value in parts.items()} | {"valid": True})
        return
    screen = Screen()
    screen.title(f"{meter.iin} {meter.drn} {meter[-1]}")
    screen.facts(
        [
            ("meter number (PAN)", str(meter)),
            ("issuer (IIN)", f"{meter.iin}, {registry.find_name(registry.IINS, meter.iin)}"),
            ("on the meter (DRN)", meter.drn),
            ("manufacturer", str(meter.mfr_code)),
            ("serial number", meter.serial),
            ("check digits", f"{meter.drn[-1]} of the DRN and {meter[-1]} of the PAN, both right"),
        ]
    )
    screen.line()


def _show_check_digits(digits: str) -> None:
    """Show which check digit of a wrong number does not fit, where it has the length of one."""
    if len(digits) not in _SHAPES or not (digits.isascii() and digits.isdigit()):
        return
    screen = Screen()
    screen.title(f"{digits}: the length of a {_SHAPES[len(digits)]}")
    rows = []
    drn = digits
    if len(digits) == 18:
        drn = digits[4:17] if digits.startswith("0000") else digits[6:17]
        rows.append(("PAN check digit", _verdict(digits)))
    rows.insert(0, ("DRN check digit", _verdict(drn)))
    screen.facts(rows)
    screen.line()


def _verdict(digits: str) -> str:
    expected = luhn_check_digit(digits[:-1])
    if digits[-1] == expected:
        return f"{expected}, right"
    return f"{digits[-1]}, wrong: the digits before it, {digits[:-1]}, ask for {expected}"


card = Group(
    "card",
    help="Read and write the 35-digit record of a meter card.\n\n"
    "The order of its fields is general knowledge; no published record confirms it.",
    epilog="voltoken pan card read 60072700000000000900000211123457011",
)
pan.add_command(card)


@card.command(epilog="voltoken pan card read 60072700000000000900000211123457011")
@click.argument("record", nargs=-1, required=True)
@json_option
def read(record: tuple[str, ...], *, as_json: bool) -> None:
    """Read a record of 35 digits, as a card or a receipt gives it."""
    _show_record(IDRecord.parse(" ".join(record)), as_json=as_json)


@card.command(
    epilog="voltoken pan card write --pan 600727000000000009 --ea 11 --sgc 123457 --ti 01 --krn 1 --doe 2812"
)
@click.option("--pan", metavar="NUMBER", required=True, callback=attribute("pan"), help="Meter number.")
@click.option("--tct", metavar="NN", default="02", callback=convert(TCT), help="Carrier.  [default: 02]")
@click.option("--ea", metavar="07|09|11", required=True, callback=attribute("ea"), help="Encryption.")
@click.option("--sgc", metavar="NNNNNN", required=True, callback=attribute("sgc"), help="Supply group code.")
@click.option("--ti", metavar="NN", required=True, callback=attribute("ti"), help="Tariff index.")
@click.option("--krn", metavar="N", required=True, callback=attribute("krn"), help="Key revision number.")
@click.option("--doe", metavar="YYMM", default="0000", help="Last month of the card.  [default: 0000, none]")
@json_option
def write(*, pan: MeterPAN, tct: TCT, ea: EA, sgc: SGC, ti: TI, krn: KRN, doe: str, as_json: bool) -> None:
    """Write the record of a meter card."""
    _show_record(IDRecord(pan=pan, tct=tct, ea=ea, sgc=sgc, ti=ti, krn=krn, doe=doe), as_json=as_json)


def _show_record(record: IDRecord, *, as_json: bool) -> None:
    """Show a record and its fields."""
    expired = record.expired(datetime.now(UTC).date())
    if as_json:
        document: dict[str, Any] = {
            "record": record.digits,
            "pan": record.pan,
            "doe": record.doe,
            "expired": expired,
            "tct": record.tct,
            "ea": record.ea.value,
            "sgc": record.sgc,
            "ti": record.ti,
            "krn": int(record.krn),
        }
        answer(document)
        return
    expiry = (
        "none" if record.doe == "0000" else f"{record.doe} (YYMM), {'expired' if expired else 'still good'}"
    )
    screen = Screen()
    screen.title(record.digits)
    screen.facts(
        [
            ("meter number", str(record.pan)),
            ("expiry", expiry),
            ("carrier", f"{record.tct}, {registry.find_name(registry.CARRIER_TYPES, record.tct)}"),
            (
                "encryption",
                f"{record.ea.value}, {registry.find_name(registry.ENCRYPTION_ALGORITHMS, record.ea.value)}",
            ),
            ("supply group", str(record.sgc)),
            ("tariff index", str(record.ti)),
            ("key revision", str(int(record.krn))),
        ]
    )
    screen.line()
