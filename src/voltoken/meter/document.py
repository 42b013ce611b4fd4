"""A meter's whole state as a document with a version, and back, without loss.

The document holds the decoder key and the tokens last entered: it is a secret, and whoever writes it to a
file gives the file to its owner alone. EA07 tables are never in it, and of price functions only a flat
price. A journal that a power cut left behind is kept as it is, and finished at the next power up.

Reading takes nothing on trust: anything but a state this version knows is a MeterFileError, no other error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from voltoken.errors import FieldError, MeterFileError, VoltokenError
from voltoken.meter.cell_codecs import (
    CELL_CODECS,
    read_flag,
    read_key,
    read_mapping,
    read_time,
    read_whole,
    write_time,
)
from voltoken.meter.cells import DecoderKeyRegister
from voltoken.meter.memory import CELLS, Memory
from voltoken.meter.price import FlatPrice, PriceFunction
from voltoken.meter.profile import Profile
from voltoken.meter.results import TokenResult
from voltoken.meter.supply import Reason, Trip
from voltoken.sts import MeterPAN, STATables, rules

if TYPE_CHECKING:
    from voltoken.meter.machine import Meter

FORMAT: Final = "voltoken-meter"
VERSION: Final = 1
"""The version of the document that is written."""
_NOTE: Final = "This holds the meter's decoder key. Keep it to yourself."

_FAULTS: Final = (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, VoltokenError)
"""What reading a wrong document can raise."""


def write_state(meter: Meter) -> dict[str, Any]:
    """Return a meter's state as JSON values, the decoder key among them."""
    memory, supply, price = meter.memory, meter.supply, meter.price
    trip = supply.trip
    return {
        "format": FORMAT,
        "version": VERSION,
        "note": _NOTE,
        "pan": str(meter.pan),
        "profile": meter.profile.to_document(),
        "price": {"per_unit": price.per_unit, "counts": price.counts}
        if isinstance(price, FlatPrice)
        else None,
        "powered": meter.is_powered,
        "closed": supply.is_closed,
        "cells": {name: CELL_CODECS[name].write(getattr(memory, name)) for name in CELLS},
        "journal": memory.journal
        and {name: CELL_CODECS[name].write(value) for name, value in memory.journal.items()},
        "armed": memory.fuse,
        "trip": trip and {"reason": trip.reason.value, "until": write_time(trip.until)},
        "trips_in_row": supply.trips_in_row,
        "power_w": supply.power_w,
        "last_result": meter.last_result and meter.last_result.value,
    }


def read_state(
    kind: type[Meter],
    document: Any,
    sta_tables: STATables | None,
    price: PriceFunction | None,
) -> Meter:
    """Return the meter of a document. Raises MeterFileError; arguments as ``Meter.from_document``."""
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise MeterFileError(f'This is no meter: its "format" is not "{FORMAT}".')
    version = document.get("version")
    reader = _READERS.get(version) if version.__class__ is int else None
    if reader is None:
        known = ", ".join(map(str, _READERS))
        shown = str(version) if version.__class__ is int and 0 <= version < 10**6 else "unknown"
        raise MeterFileError(
            f"The meter's state has version {shown}; this program reads version {known}. It was written by a "
            "newer Voltoken, or is damaged: use the program that wrote it.",
            version=shown,
        )
    return reader(kind, document, sta_tables, price)


def _read_version_1(
    kind: type[Meter],
    document: Mapping[str, Any],
    sta_tables: STATables | None,
    price: PriceFunction | None,
) -> Meter:
    pan = _part("pan", lambda: _read_pan(document["pan"]))
    profile = _part("profile", lambda: Profile.from_document(document["profile"]))
    if price is None and document.get("price") is not None:
        price = _part("price", lambda: FlatPrice(document["price"]["per_unit"], document["price"]["counts"]))
    rows = _part("cells", lambda: read_mapping(document["cells"]))
    key = _part("cells.key", lambda: read_key(rows["key"], profile, 0))
    bits = key.ea.key_bits
    cells = {name: _cell(name, rows.get(name), profile, bits) for name in CELLS}
    kept = document.get("journal")
    journal = None if kept is None else _read_journal(kept, key, profile)
    memory = Memory(cells, journal)
    memory.fuse = _part("armed", lambda: None if document["armed"] is None else read_whole(document["armed"]))
    meter: Meter = _part("meter", lambda: kind(pan, profile, memory, sta_tables, price))
    _part("supply", lambda: _read_supply(meter, document))
    return meter


def _read_journal(kept: Any, key: DecoderKeyRegister, profile: Profile) -> dict[str, Any]:
    """Return the change that a power cut interrupted; it is written out again at the next power up."""
    rows = _part("journal", lambda: read_mapping(kept))
    if not set(rows) <= set(CELLS):
        raise MeterFileError("The meter's state is damaged: journal. It names a cell that no meter has.")
    journal = {name: _cell(name, rows[name], profile, key.ea.key_bits) for name in CELLS if name in rows}
    new = journal.get("key", key)
    if new.ea is not key.ea:
        raise MeterFileError("The meter's state is damaged: journal. No change brings another encryption.")
    _part("journal", lambda: rules.check_carrier(new.kt, profile.tct))
    return journal


def _read_pan(text: Any) -> MeterPAN:
    """Return a meter's number; laboratories have some whose DRN check digit is wrong, never the last."""
    try:
        return MeterPAN(text)
    except FieldError:
        iin = 4 if text[:4] == "0000" else 6
        if MeterPAN.unverified(text[:iin], text[iin:17]) != text:
            raise
        return MeterPAN.unverified(text[:iin], text[iin:17])


_READERS: Final = {1: _read_version_1}
"""What reads each version of the document: every version ever written stays here."""


def _read_supply(meter: Meter, document: Mapping[str, Any]) -> None:
    """Read what is not in the memory: power, relay, trip."""
    supply, trip, result = meter.supply, document["trip"], document["last_result"]
    meter.is_powered = read_flag(document["powered"])
    supply.is_closed = read_flag(document["closed"])
    supply.trip = None if trip is None else Trip(Reason(trip["reason"]), read_time(trip["until"]))
    supply.trips_in_row = read_whole(document["trips_in_row"])
    supply.power_w = read_whole(document["power_w"])
    meter.last_result = None if result is None else TokenResult(result)


def _part(name: str, read: Callable[[], Any]) -> Any:
    """Return what read returns. Raises MeterFileError that names the part when it cannot be read."""
    try:
        return read()
    except _FAULTS as error:
        why = f" {error.message}" if isinstance(error, FieldError) else " It is missing or has another form."
        raise MeterFileError(f"The meter's state is damaged: {name}.{why}", part=name) from None


def _cell(name: str, value: Any, profile: Profile, key_bits: int) -> Any:
    return _part(f"cells.{name}", lambda: CELL_CODECS[name].read(value, profile, key_bits))
