"""The cells of a meter's memory as JSON values, and back.

Readers take nothing on trust and raise what comes naturally (TypeError, ValueError, KeyError and the
like); ``document`` turns that into one error of ours that names the part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Final, NamedTuple

from voltoken.errors import FieldError
from voltoken.meter.cells import (
    LAST_CREDIT,
    LAST_MANAGEMENT,
    Balance,
    CreditEntry,
    DecoderKeyRegister,
    EmergencyState,
    Failures,
    History,
    Limits,
    Pending,
    Tamper,
)
from voltoken.meter.profile import Profile
from voltoken.meter.results import EntryPath
from voltoken.sts import (
    EA,
    KEN,
    KRN,
    SGC,
    TI,
    TID,
    KeyChangeSection,
    KeyType,
    TokenNumber,
    pack,
    unpack,
)

MOST: Final = 10**40
"""The greatest number of a document: more than any register holds, and few enough digits to show."""


def read_whole(value: Any, least: int = 0, most: int = MOST) -> int:
    """Return a whole number not below least nor above most."""
    if value.__class__ is not int or not least <= value <= most:
        raise ValueError
    number: int = value
    return number


def read_flag(value: Any) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise TypeError
    return value


def read_mapping(value: Any) -> Mapping[str, Any]:
    """Return an object."""
    if not isinstance(value, Mapping):
        raise TypeError
    return value


def _rows(value: Any, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise TypeError
    return value


def write_time(moment: datetime) -> str:
    """Return a time as RFC 3339 text in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_time(text: Any) -> datetime:
    """Return an aware time in UTC."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)


def _token(text: Any) -> str:
    digits = TokenNumber.parse(text).digits
    if digits != text:
        raise ValueError
    return digits


def _write_key(key: DecoderKeyRegister) -> dict[str, Any]:
    return {
        "key": key.key.hex(),
        "ea": key.ea.value,
        "kt": int(key.kt),
        "krn": None if key.krn is None else int(key.krn),
        "ti": key.ti,
        "sgc": key.sgc,
        "ken": int(key.ken),
        "test": key.test,
    }


def read_key(row: Any, _profile: Profile, _key_bits: int) -> DecoderKeyRegister:
    """Return the decoder key register of a row."""
    krn, ti, sgc = row["krn"], row["ti"], row["sgc"]
    register = DecoderKeyRegister(
        key=bytes.fromhex(row["key"]),
        ea=EA(row["ea"]),
        kt=KeyType(read_whole(row["kt"])),
        krn=None if krn is None else KRN(krn),
        ti=None if ti is None else TI(ti),
        sgc=None if sgc is None else SGC(sgc),
        ken=KEN(row["ken"]),
        test=read_flag(row["test"]),
    )
    register.decoder_key()  # checks that the key's length fits its algorithm
    return register


def _read_tids(row: Any, profile: Profile, _key_bits: int) -> tuple[int, ...]:
    tids = tuple(int(TID(tid)) for tid in _rows(row, profile.memory_size))
    if len(tids) != profile.memory_size or list(tids) != sorted(tids):
        raise FieldError("tids", len(tids), f"{profile.memory_size} TIDs, ascending")
    return tids


def _write_pending(pending: Pending) -> dict[str, Any]:
    return {
        "sections": [f"{pack(section):016x}" for section in pending.sections],
        "since": pending.since and write_time(pending.since),
    }


def _read_pending(row: Any, _profile: Profile, key_bits: int) -> Pending:
    sections = []
    for text in _rows(row["sections"], 4):
        section = unpack(2, read_whole(int(text, 16), 0, (1 << 64) - 1), key_bits)
        if not isinstance(section, KeyChangeSection):
            raise TypeError
        sections.append(section)
    since = row["since"]
    if (since is None) is bool(sections):
        raise ValueError
    return Pending(tuple(sections), None if since is None else read_time(since))


def _write_balance(balance: Balance) -> dict[str, Any]:
    return balance._asdict() | {"owed": str(balance.owed), "emergency": balance.emergency.value}


def _read_balance(row: Any, _profile: Profile, _key_bits: int) -> Balance:
    text = row["owed"]
    if not isinstance(text, str) or len(text) > 400:
        raise ValueError
    owed = Fraction(text)
    if not 0 <= owed < 1:
        raise ValueError
    credit = read_whole(row["credit"], -MOST, MOST)
    emergency = EmergencyState(row["emergency"])
    return Balance(credit, read_whole(row["total"]), owed, emergency, read_flag(row["cut_off"]))


def _read_limits(row: Any, _profile: Profile, _key_bits: int) -> Limits:
    optional = ("power_w", "unbalance_w", "tariff_rate", "water_factor")
    values = {name: None if row[name] is None else read_whole(row[name]) for name in optional}
    return Limits(
        **values, low_credit=read_whole(row["low_credit"]), alarm_minutes=read_whole(row["alarm_minutes"])
    )


def _read_flags(row: Any, _profile: Profile, _key_bits: int) -> frozenset[int]:
    return frozenset(read_whole(flag, 0, 511) for flag in _rows(row, 512))


def _read_tamper(row: Any, _profile: Profile, _key_bits: int) -> Tamper:
    counters = {name: read_whole(row[name]) for name in ("cover", "terminal", "magnet")}
    return Tamper(read_flag(row["condition"]), **counters)


def _write_history(history: History) -> dict[str, Any]:
    entries = [entry._asdict() for entry in history.last_credit]
    return history._asdict() | {"last_credit": entries, "last_management": list(history.last_management)}


def _read_history(row: Any, _profile: Profile, _key_bits: int) -> History:
    last = _rows(row["last_credit"], LAST_CREDIT)
    return History(
        credit_tokens=read_whole(row["credit_tokens"]),
        credit_counts=read_whole(row["credit_counts"], -MOST),
        last_credit=tuple(
            CreditEntry(_token(entry["token"]), read_whole(entry["counts"], -MOST)) for entry in last
        ),
        management_tokens=read_whole(row["management_tokens"]),
        last_management=tuple(_token(text) for text in _rows(row["last_management"], LAST_MANAGEMENT)),
        overload_trips=read_whole(row["overload_trips"]),
        power_failures=read_whole(row["power_failures"]),
    )


def _write_lockout(lockout: Mapping[EntryPath, Failures]) -> dict[str, Any]:
    return {
        path.value: {"in_a_row": row.in_a_row, "since": write_time(row.since)}
        for path, row in lockout.items()
    }


def _read_lockout(row: Any, _profile: Profile, _key_bits: int) -> dict[EntryPath, Failures]:
    return {
        EntryPath(path): Failures(read_whole(entry["in_a_row"], 0, 255), read_time(entry["since"]))
        for path, entry in read_mapping(row).items()
    }


class CellCodec(NamedTuple):
    """How one cell is written and read. read: takes the value, the profile, and the key length in bits."""

    write: Callable[[Any], Any]
    read: Callable[[Any, Profile, int], Any]


CELL_CODECS: Final = {
    "key": CellCodec(_write_key, read_key),
    "tids": CellCodec(list, _read_tids),
    "pending": CellCodec(_write_pending, _read_pending),
    "balance": CellCodec(_write_balance, _read_balance),
    "limits": CellCodec(lambda limits: limits._asdict(), _read_limits),
    "flags": CellCodec(sorted, _read_flags),
    "tamper": CellCodec(lambda tamper: tamper._asdict(), _read_tamper),
    "history": CellCodec(_write_history, _read_history),
    "lockout": CellCodec(_write_lockout, _read_lockout),
}
"""How each cell is written and read, by its name."""
