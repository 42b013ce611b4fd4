"""The scalar loop: what the batch does with a few rows, or without numpy. The judge of the kernels.

Everything is done by the functions of the standard's own room, one row after the other, without the
objects that its public interface makes on the way: no token and no number that nobody asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from voltoken.errors import CarrierError, FieldError, RuleError, TokenError
from voltoken.sts.batch.columns import whole
from voltoken.sts.batch.faults import Fault, fault_of
from voltoken.sts.batch.keys import DecoderKeys, KeyRows
from voltoken.sts.batch.names import fields_of
from voltoken.sts.carriers import parse_digits
from voltoken.sts.codec import (
    CLASS_SHIFT,
    READERS,
    UNENCRYPTED_CLASSES,
    WITHOUT_CLASS,
    BlockCipher,
    unpack,
)
from voltoken.sts.derivation import Deriver
from voltoken.sts.fields import TI
from voltoken.sts.keychange import key_change_set
from voltoken.sts.layouts import CRC_BITS, SUBCLASS_SHIFT, Layout
from voltoken.sts.pan import MeterPAN

TIS: Final = {value: TI(f"{value:02d}") for value in range(100)}
"""The tariff indices by their number."""

Ciphers = Sequence[BlockCipher | None]
_Column = Sequence[Any]
_CODES: Final = 64
_CRC: Final = (1 << CRC_BITS) - 1
TOKENS_MAX: Final = 4
"""Tokens in the longest key change set."""
_FLAGS: Final = {0: False, 1: True}
_SPEAKING: Final = (Fault.NONE, Fault.UNSUPPORTED, Fault.RANGE)
"""Faults of authentic tokens, whose content may be told."""


def derive(pans: _Column, tis: _Column, which: _Column, derivers: Sequence[Deriver]) -> KeyRows:
    """Return the key of each row, and what is wrong with it."""
    keys: list[bytes] = []
    faults: list[int] = []
    makers = dict(enumerate(deriver.make for deriver in derivers))
    for pan, ti, place in zip(pans, tis, which, strict=True):
        key, fault = b"", Fault.NONE
        make, index = makers.get(place), TIS.get(ti)
        try:
            meter = MeterPAN(pan)
            if make and index:
                key = make(meter, index)
            else:
                fault = Fault.TI if make else Fault.KEY
        except FieldError:
            fault = Fault.PAN if make else Fault.KEY
        keys.append(key)
        faults.append(fault)
    return KeyRows(keys, faults)


def encode(
    codes: _Column, values: Mapping[str, _Column], keys: KeyRows, ciphers: Ciphers
) -> tuple[list[str], list[int]]:
    """Return the 20 digits of each row, empty where there are none, and what is wrong with it."""
    tokens, faults = [], keys.faults.copy()
    shapes: dict[tuple[int, int], tuple[Layout, list[_Column]] | Fault] = {}
    for place, (code, key, cipher) in enumerate(zip(codes, keys.keys, ciphers, strict=True)):
        digits = ""
        if cipher is not None:
            kind = code, len(key)
            shape = shapes.get(kind)
            if shape is None:
                shape = shapes[kind] = _shape(code, 8 * len(key), values)
            if isinstance(shape, Fault):
                faults[place] = shape
            else:
                row, columns = shape
                data = _placed(row, [column[place] for column in columns])
                if data < 0:
                    faults[place] = Fault.FIELD
                else:
                    digits = _digits(row, data, cipher)
        tokens.append(digits)
    return tokens, faults


def _digits(row: Layout, data: int, cipher: BlockCipher) -> str:
    """Return the 20 digits of a token. data: upper 48 bits of the block."""
    token_class = row.token_class
    block = data << CRC_BITS | row.checksum(row.top | data)
    if token_class not in UNENCRYPTED_CLASSES:
        block = cipher.encrypt(block)
    # As insert_class, in place: this runs for every token.
    number = block & WITHOUT_CLASS | token_class << CLASS_SHIFT | (block >> CLASS_SHIFT & 3) << 64
    return "%020d" % number  # noqa: UP031 - half the time of an f-string


def _shape(code: int, key_bits: int, values: Mapping[str, _Column]) -> tuple[Layout, list[_Column]] | Fault:
    """Return the layout of a code under a key of key_bits and the columns of its fields, or what is wrong."""
    if not 0 <= code < _CODES:
        return Fault.CODE
    reader = READERS[key_bits][code]
    if reader is None:
        return Fault.KEY_LENGTH if READERS[192 - key_bits][code] else Fault.CODE
    return reader[0], fields_of(reader[0], values)


def _placed(row: Layout, values: list[Any]) -> int:
    """Return the upper 48 bits of a block; a negative number when a value is none or out of range."""
    try:
        data = row.place(*values)
    except TypeError:
        data = -1
    if data.__class__ is int and data >= 0:
        return data
    return row.place(*map(whole, values))  # numbers of other libraries, and what is none


def decode(tokens: _Column, keys: KeyRows, ciphers: Ciphers) -> tuple[list[int], list[int], list[int]]:
    """Return code, upper 48 bits of the block and fault of each row."""
    rows, faults = len(tokens), keys.faults.copy()
    codes, contents = [0] * rows, [0] * rows
    for place, (token, key, cipher) in enumerate(zip(tokens, keys.keys, ciphers, strict=True)):
        if cipher is None:
            continue
        try:
            number = parse_digits(token)
        except CarrierError:
            faults[place] = Fault.CARRIER
            continue
        token_class = number >> CLASS_SHIFT & 3
        block, key_bits = number & WITHOUT_CLASS | number >> 64 << CLASS_SHIFT, 64
        if token_class not in UNENCRYPTED_CLASSES:
            block, key_bits = cipher.decrypt(block), 8 * len(key)
        code, data = token_class << 4 | block >> SUBCLASS_SHIFT, block >> CRC_BITS
        reader = READERS[key_bits][code]
        if reader is None or not _is_sound(reader[0], data, block & _CRC):
            faults[place] = _fault_of_block(token_class, block, key_bits)
        if faults[place] in _SPEAKING:
            codes[place], contents[place] = code, data
    return codes, contents, faults


def _is_sound(row: Layout, data: int, checksum: int) -> bool:
    """Whether the checksum is right and every field within its range."""
    return row.checksum(row.top | data) == checksum and row.place(*row.take(data)) == data


def _fault_of_block(token_class: int, block: int, key_bits: int) -> Fault:
    """Return what the codec has against a block."""
    try:
        unpack(token_class, block, key_bits)
    except TokenError as error:
        return fault_of(error)
    return Fault.NONE


def take(name: str, codes: _Column, wide: _Column, contents: _Column) -> list[int]:
    """Return one field of each row, 0 where the row's type has no field of that name."""
    values = []
    for code, is_wide, data in zip(codes, wide, contents, strict=True):
        reader = READERS[128 if is_wide else 64][code]
        names = [spec.name for spec in reader[0].fields] if reader else []
        values.append(reader[0].take(data)[names.index(name)] if reader and name in names else 0)
    return values


def encode_key_change(
    current: DecoderKeys, new: DecoderKeys, roll_over: _Column, carry_sgc: _Column, ciphers: Ciphers
) -> tuple[list[list[str]], list[int], list[int]]:
    """Return of each row the tokens, four with empty ones behind, how many they are, and the fault."""
    sets, counts = [], []
    faults = [one or other for one, other in zip(current.rows().faults, new.rows().faults, strict=True)]
    keys = zip(current.objects(), new.objects(), ciphers, strict=True)
    for row, (old_key, new_key, cipher) in enumerate(keys):
        tokens: list[str] = []
        if old_key and new_key and cipher:
            try:
                flags = _FLAGS[roll_over[row]], _FLAGS[carry_sgc[row]]
                sections = key_change_set(old_key, new_key, roll_over=flags[0], carry_sgc=flags[1])
                tokens = [_digits(section.layout, section.data, cipher) for section in sections]
            except RuleError:
                faults[row] = Fault.RULE
            except (FieldError, KeyError):
                faults[row] = Fault.FIELD
        sets.append(tokens + [""] * (TOKENS_MAX - len(tokens)))
        counts.append(len(tokens))
    return sets, counts, faults
