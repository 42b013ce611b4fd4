"""Key load files of Edition 1, as far as they are publicly known: one record a line, in fixed columns.

Record 9520 is a key; its columns are those that a public parser reads, and agree with the parameters of a
module's load command. Record 9500 is the header; its columns are inferred from one sample that is cut. The
letter codes and the cipher are not public: letters are shown as they are, and no key field is shown at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from voltoken.errors import KeyFileError
from voltoken.security.keyload.reasons import reject
from voltoken.security.keyload.values import FILE_MAX

EDITION1_FORMAT: Final = "sts-ed1-klf"
EDITION1_NOTICE: Final = (
    "an Edition 1 key load file: shown as it is and never opened; the columns of the header are inferred, "
    "and the meaning of letter codes is not public"
)
RECORDS_MAX: Final = 1_000
"""The most lines that are read."""

_HEADER: Final = "9500"
_KEY: Final = "9520"


class Column(NamedTuple):
    """A field of a record. start, end: columns from 0, end exclusive. digits: only digits may stand there."""

    name: str
    start: int
    end: int
    digits: bool = False
    note: str = ""


HEADER_COLUMNS: Final = (
    Column("record_count", 4, 6, digits=True, note="inferred"),
    Column("module_id", 6, 14, note="inferred"),
    Column("firmware", 14, 22, note="inferred"),
)
"""The columns of record 9500 that are shown: all inferred."""
KEY_COLUMNS: Final = (
    Column("key_function", 4, 6, note="letter code, not public"),
    Column("register", 6, 8),
    Column("key_type", 8, 9, note="letter code, not public"),
    Column("parity", 9, 10, note="letter code, not public"),
    Column("encryption", 10, 11, note="letter code, not public"),
    Column("parent_register", 11, 13),
    Column("sent_date", 45, 53, digits=True),
    Column("sent_time", 53, 59, digits=True),
    Column("active_date", 59, 67, digits=True),
    Column("active_time", 67, 73, digits=True),
    Column("krn", 73, 74, digits=True),
    Column("ken", 74, 77, digits=True),
    Column("sgc", 77, 83, digits=True),
    Column("supply_group_name", 83, 98),
)
"""The columns of record 9520 that are shown. 13 to 29 hold the encrypted key, 29 to 45 its check digits."""
_KEY_LEAST: Final = 83  # the name may be absent
_KEY_MOST: Final = 98
_HEADER_LEAST: Final = 22


def looks_like(data: bytes) -> bool:
    """Whether the first line is a record of Edition 1."""
    return data[:4] in (_HEADER.encode(), _KEY.encode())


def rows_of(data: bytes) -> tuple[Mapping[str, str], tuple[Mapping[str, str], ...]]:
    """Return the fields of the header, empty where there is none, and of each key record.

    Raises KeyFileError: ``size``, ``format``, or ``fields`` with the number of the line.
    """
    if len(data) > FILE_MAX:
        raise reject("size", f"It has {len(data)} bytes, and {FILE_MAX} are the most.", bytes=len(data))
    if not looks_like(data):
        raise reject("format", "The first line begins with 9500 or 9520.")
    lines = _lines(data)
    heading: Mapping[str, str] = {}
    records = []
    for number, line in enumerate(lines, 1):
        if line.startswith(_HEADER) and number == 1:
            heading = _fields(line, HEADER_COLUMNS, number, _HEADER_LEAST, len(line))
        elif line.startswith(_KEY):
            records.append(_fields(line, KEY_COLUMNS, number, _KEY_LEAST, _KEY_MOST))
        else:
            raise _bad(number, "a record 9520, or 9500 in the first line")
    return heading, tuple(records)


def _lines(data: bytes) -> list[str]:
    text = data.decode("latin-1")
    lines = [line.rstrip(" \r") for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    if len(lines) > RECORDS_MAX:
        raise reject("size", f"It has {len(lines)} lines, and {RECORDS_MAX} are the most.", lines=len(lines))
    for number, line in enumerate(lines, 1):
        if not line.isascii() or not line.isprintable():
            raise _bad(number, "printable ASCII")
    return lines


def _fields(line: str, columns: tuple[Column, ...], number: int, least: int, most: int) -> Mapping[str, str]:
    if not least <= len(line) <= most:
        raise _bad(number, f"{least} to {most} characters")
    found = {}
    for column in columns:
        value = line[column.start : column.end].strip()
        if column.digits and not (value.isdigit() and len(value) == column.end - column.start):
            raise _bad(number, f"digits in the columns of {column.name}")
        found[column.name] = f"{value} ({column.note})" if column.note and value else value
    return found


def _bad(number: int, allowed: str) -> KeyFileError:
    return reject("fields", f"Line {number} must be {allowed}.", line=number)
