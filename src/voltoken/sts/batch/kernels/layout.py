"""The fields of tokens, whole columns of them: every position and limit is read from ``sts.layouts``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from voltoken.sts.batch.columns import number_array
from voltoken.sts.batch.faults import Fault
from voltoken.sts.batch.kernels.crc import Checksum
from voltoken.sts.batch.kernels.groups import chunks, groups
from voltoken.sts.batch.kernels.types import I64, U8, U64
from voltoken.sts.batch.names import fields_of
from voltoken.sts.codec import READERS
from voltoken.sts.layouts import CRC_BITS, LAYOUTS, Layout

if TYPE_CHECKING:
    from voltoken.sts.batch.columns import Numbers

WIDE: Final = 64
"""What is added to the code of a row whose key has 128 bits: some codes mean another layout there."""
_CODES: Final = 64

_CHECKSUMS: Final = {row.checksum: Checksum(row.checksum) for row in LAYOUTS}
_CRC_BITS: Final = np.uint64(CRC_BITS)
_SUM: Final = np.uint64((1 << CRC_BITS) - 1)


def pack(codes: I64, wide: U8, values: Mapping[str, Numbers], faults: U8) -> U64:
    """Return the 64-bit block of each row, checksum included, before encryption.

    codes: 16 * class + subclass. wide: 1 where the row's key has 128 bits. values: columns by field name.
    faults: gets the fault of each row that has none yet. Raises FieldError when a column is missing.
    """
    unknown = (codes < 0) | (codes >= _CODES)
    blocks = np.zeros(len(codes), np.uint64)
    for code, rows in groups(_codes(np.where(unknown, _CODES - 1, codes), wide)):
        reader = _reader(code)
        if reader is None:
            elsewhere = _reader(code ^ WIDE)
            _mark(faults, rows, Fault.CODE if elsewhere is None else Fault.KEY_LENGTH)
            continue
        if faults[rows].all():
            continue  # nobody asks for their columns
        columns = [number_array(column, len(codes)) for column in fields_of(reader, values)]
        for part in chunks(rows):
            data, wrong = _place(reader, [column[part] for column in columns])
            if wrong.any():
                data[wrong] = 0  # whose bits may stand anywhere
                faults[part] = np.where(wrong & (faults[part] == 0), np.uint8(Fault.FIELD), faults[part])
            checksums = _CHECKSUMS[reader.checksum].of(data, reader.token_class)
            blocks[part] = data << _CRC_BITS | checksums
    return blocks


def check(codes: U8, wide: U8, blocks: U64, faults: U8) -> U64:
    """Return the upper 48 bits of each decrypted block, 0 where nothing may be said about them.

    codes: 16 * class + subclass; set to 0 with the block. faults: gets what is wrong with each row.
    """
    data = blocks >> _CRC_BITS
    for code, rows in groups(_codes(codes, wide)):
        reader = _reader(code)
        token_class = code % _CODES >> 4
        checksum = _CHECKSUMS[reader.checksum] if reader else _CHECKSUMS[LAYOUTS[0].checksum]
        for part in chunks(rows):
            chunk = data[part]
            found = np.zeros(len(chunk), np.uint8) if reader else np.full(len(chunk), Fault.UNSUPPORTED)
            if reader:
                found[_out_of_range(reader, chunk)] = Fault.RANGE
            if token_class != 3:
                found[checksum.of(chunk, token_class) != blocks[part] & _SUM] = Fault.INTEGRITY
            faults[part] = np.where(faults[part] == 0, found, faults[part])
    unsaid = (faults != 0) & (faults != Fault.UNSUPPORTED) & (faults != Fault.RANGE)
    data[unsaid] = 0
    codes[unsaid] = 0
    return data


def take(name: str, codes: U8, wide: U8, data: U64) -> I64:
    """Return one field of each row, 0 where the row's type has no field of that name."""
    values = np.zeros(len(codes), np.int64)
    for code, rows in groups(_codes(codes, wide)):
        reader = _reader(code)
        if reader and name in reader.masks:
            shift, mask = reader.masks[name]
            values[rows] = data[rows] >> np.uint64(shift) & np.uint64(mask)
    return values


def _codes(codes: I64 | U8, wide: U8) -> I64:
    """Return the codes with ``WIDE`` added where the key has 128 bits."""
    return codes + wide.astype(np.int64) * WIDE


def _reader(code: int) -> Layout | None:
    """Return the layout of a code to which ``WIDE`` may have been added."""
    reader = READERS[128 if code >= WIDE else 64][code % _CODES]
    return reader[0] if reader else None


def _place(row: Layout, columns: Sequence[I64]) -> tuple[U64, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Return the upper 48 bits of each block, and where a value is outside its range."""
    data = np.full(len(columns[0]), row.head, np.int64)
    wrong = np.zeros(len(data), np.bool_)
    for column, (shift, lowest, highest) in zip(columns, row.places, strict=True):
        wrong |= (column < lowest) | (column > highest)
        data |= column << np.int64(shift)
    return data.view(np.uint64), wrong


def _out_of_range(row: Layout, data: U64) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return where a field holds what its width allows and the standard does not."""
    wrong = np.zeros(len(data), np.bool_)
    for spec in row.fields if row.restricted else ():
        if spec.lowest or spec.highest is not None:
            shift, mask = row.masks[spec.name]
            values = data >> np.uint64(shift) & np.uint64(mask)
            wrong |= (values < spec.lowest) | (values > spec.limit)
    return wrong


def _mark(faults: U8, rows: slice | I64, fault: Fault) -> None:
    faults[rows] = np.where(faults[rows] == 0, np.uint8(fault), faults[rows])
