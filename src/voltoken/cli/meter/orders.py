"""The folder of an order of meters: what stands in it, who may read it, how it is written and read.

    order.json      the order, without keys                      for everybody
    meters.csv      the meters, for the vending side             for everybody
    labels.pdf      or labels/<DRN>.svg                          for everybody
    target.json     to which key the meters are brought          for everybody
    keys.csv        the random first keys (DITK)                 secret
    key-change.csv  the tokens that replaced them                secret
    meters/         a state file for each meter, <DRN>.json      secret

How the files are written is in ``meter_folder``; state files have ``meter_files``.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from voltoken.cli.failures import FileTrouble, WrongFile
from voltoken.cli.meter.bench import iso
from voltoken.cli.sources import Material, read_json, shown_name
from voltoken.errors import HIDDEN, FieldError
from voltoken.meter import Order, Profile
from voltoken.sts import (
    EA,
    KEN,
    KRN,
    SGC,
    TI,
    BaseDate,
    DecoderKey,
    KeyType,
    ManufacturerCode,
    MeterPAN,
    VendingKey,
)

ORDER: Final = "order.json"
METERS: Final = "meters.csv"
KEYS: Final = "keys.csv"
KEY_CHANGE: Final = "key-change.csv"
TARGET: Final = "target.json"
STATES: Final = "meters"
LABELS: Final = "labels"

METER_COLUMNS: Final = (
    *("MeterPAN", "DRN", "serial", "EA", "TCT", "base_date", "KT", "SGC", "TI", "KRN"),
    *("profile", "service"),
)
KEY_COLUMNS: Final = ("MeterPAN", "KT", "DITK", "check_value")
KEY_CHANGE_COLUMNS: Final = ("MeterPAN", "result", "token_1", "token_2", "token_3", "token_4")

_FORMAT: Final = "voltoken-meter-order"
_VERSION: Final = 1
_FAULTS: Final = (KeyError, TypeError, ValueError, AttributeError, ArithmeticError)
"""What reading a wrong document can raise; FieldError is a ValueError."""


def order_document(order: Order) -> dict[str, Any]:
    """Return an order as it stands in ``order.json``: everything but the keys."""
    key = order.default_key
    first_key: dict[str, object] = {"kt": int(KeyType.DITK)}
    if key is not None:
        first_key = {
            "kt": int(key.kt),
            "sgc": key.sgc,
            "krn": int(key.krn),
            "ken": int(key.ken),
            "ti": order.ti,
            "vending_key_check_value": key.check_value.value,
            "check_value_algorithm": key.check_value.algorithm,
        }
    return {
        "format": _FORMAT,
        "version": _VERSION,
        "note": "Virtual meters. This file holds no key.",
        "mfr_code": order.mfr_code,
        "first_serial": f"{order.first_serial:08d}",
        "quantity": order.quantity,
        "ea": order.ea.value,
        "base_date": order.base_date.value,
        "manufactured": iso(order.manufactured),
        "first_key": first_key,
        "test": order.test,
        "profile": order.profile.to_document(),
    }


def read_order(folder: Path, default: Callable[[], Material]) -> Order:
    """Return the order of a folder. default: gives the default vending key, if the order has one.

    Raises FileTrouble, WrongFile for what is no order, FieldError when the default key is another one.
    """
    path = folder / ORDER
    document = read_json(str(path), "order")
    where = f"order {shown_name(str(path))}"
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise WrongFile(f'{where}: this is no order of meters: its "format" is not "{_FORMAT}".')
    if document.get("version") != _VERSION:
        raise WrongFile(f"{where}: this program reads version {_VERSION}; a newer one wrote this.")
    try:
        first = document["first_key"]
        kt = KeyType(first["kt"])
        ti = TI(first["ti"]) if kt is KeyType.DDTK else TI("01")
        order = Order(
            mfr_code=ManufacturerCode(document["mfr_code"]),
            first_serial=int(document["first_serial"]),
            quantity=document["quantity"],
            profile=Profile.from_document(document["profile"]),
            ea=EA(document["ea"]),
            base_date=BaseDate(document["base_date"]),
            manufactured=datetime.fromisoformat(document["manufactured"]),
            ti=ti,
            default_key=_default_key(document, default()) if kt is KeyType.DDTK else None,
            test=document["test"] is True,
        )
    except _FAULTS as error:
        if isinstance(error, FieldError) and error.field == "default_key":
            raise
        why = f" {error.message}" if isinstance(error, FieldError) else ""
        raise WrongFile(f"{where}: it is damaged.{why}") from None
    return order


def _default_key(document: Mapping[str, Any], material: Material) -> VendingKey:
    """Return the default vending key of an order. Raises FieldError when it is not that one."""
    first = document["first_key"]
    key = VendingKey(
        material.key,
        sgc=SGC(first["sgc"]),
        krn=KRN(first["krn"]),
        base_date=BaseDate(document["base_date"]),
        kt=KeyType.DDTK,
        ken=KEN(first["ken"]),
        test=document["test"] is True,
    )
    if key.check_value.value != first["vending_key_check_value"]:
        wanted = f"the key of the order, with the check value {first['vending_key_check_value']}"
        raise FieldError("default_key", HIDDEN, wanted)
    return key


def pans(order: Order) -> Iterator[MeterPAN]:
    """Yield the numbers of an order's meters."""
    for serial in range(order.first_serial, order.first_serial + order.quantity):
        yield MeterPAN.build(order.mfr_code, f"{serial:08d}")


def meter_row(pan: MeterPAN, key: DecoderKey, profile: Profile) -> tuple[str, ...]:
    """Return a meter's row of ``meters.csv``. key: the one it has now."""
    return (
        *(pan, pan.drn, pan.serial, key.ea.value, profile.tct, key.base_date.value, str(int(key.kt))),
        *(key.sgc or "", key.ti or "", "" if key.krn is None else str(int(key.krn))),
        *(profile.name, profile.service.name.lower()),
    )


def state_path(folder: Path, pan: MeterPAN) -> Path:
    """Return the name of a meter's state file."""
    return folder / STATES / f"{pan.drn}.json"


def read_first_keys(folder: Path, order: Order) -> Iterator[DecoderKey]:
    """Yield the random first keys of an order, one after the other. Raises FileTrouble or WrongFile.

    A number that a spreadsheet has written anew, such as 6.00727E+17, is refused and never guessed.
    """
    path = folder / KEYS
    where = f"key list {shown_name(str(path))}"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            for line, pan in enumerate(pans(order), 2):
                row = next(rows, {})
                if row.get("MeterPAN") != pan:
                    given = shown_name(str(row.get("MeterPAN")))[:40] if row else "nothing"
                    raise WrongFile(
                        f"{where}: line {line} has {given} where the meter with the DRN {pan.drn} belongs. "
                        "If a spreadsheet has changed the file, take the one that was manufactured."
                    )
                yield _first_key(row, order, f"{where}, line {line}")
    except FileNotFoundError:
        raise FileTrouble(f"{where}: it does not exist; without it nobody knows the first keys.") from None
    except (csv.Error, UnicodeDecodeError):
        raise WrongFile(f"{where}: this is no table in UTF-8.") from None


def _first_key(row: Mapping[str, Any], order: Order, where: str) -> DecoderKey:
    """Return the key of a row. Raises WrongFile, which never shows it."""
    try:
        key = DecoderKey(
            bytes.fromhex(row["DITK"]),
            order.ea,
            kt=KeyType.DITK,
            base_date=order.base_date,
            test=order.test,
        )
    except _FAULTS:
        raise WrongFile(f"{where}: the DITK is no key for EA{order.ea.value}.") from None
    if key.check_value.value != row.get("check_value"):
        raise WrongFile(f"{where}: the DITK does not have the check value beside it; a digit is wrong.")
    return key
