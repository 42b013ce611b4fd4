"""The scalar loop: what the batch does with a few rows, or without numpy. The judge of the kernels.

Everything is done by the functions of the standard's own room, one row after the other, without the
objects that its public interface makes on the way: no token and no number that nobody asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from voltoken.errors import CarrierError, FieldError, RuleError, TokenError
from voltoken.sts.batch.columns import (
    element,
    index_list,
    is_array,
    number_list,
    tariff_index,
    text_list,
    whole,
    whole_list,
)
from voltoken.sts.batch.faults import Fault, fault_of
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
from voltoken.sts.fields import EA, TI
from voltoken.sts.keychange import key_change_set
from voltoken.sts.layouts import CRC_BITS, SUBCLASS_SHIFT, Layout
from voltoken.sts.pan import MeterPAN

if TYPE_CHECKING:
    from voltoken.sts.batch.columns import Numbers, Texts
    from voltoken.sts.batch.keys import DecoderKeys

TOKENS_MAX: Final = 4
"""Tokens in the longest key change set."""

T = TypeVar("T")
Ciphers = Sequence[BlockCipher | None]
_Column = Sequence[Any]

TIS: Final = {value: TI(f"{value:02d}") for value in range(100)}
_CODES: Final = 64
_CRC: Final = (1 << CRC_BITS) - 1
_NOWHERE: Final = (0, 0)
"""Shift and mask of a field that a type of token does not have."""
_FLAGS: Final = {0: False, 1: True}
_SPEAKING: Final = (Fault.NONE, Fault.UNSUPPORTED, Fault.RANGE)
"""Faults of authentic tokens, whose content may be told."""


def derive(
    nothing: T,
    dress: Callable[[EA, bytes], T],
    pan: Texts,
    ti: Numbers | Texts,
    derivers: Sequence[Deriver],
    which: Numbers,
) -> tuple[list[T], list[int]]:
    """Return what dress makes of the key of each row, nothing where there is none, and what is wrong."""
    rows, count = len(pan), len(derivers)
    made, faults = [nothing] * rows, [0] * rows
    pans = pan if pan.__class__ is list else text_list(pan)
    tis = ti if ti.__class__ is list else index_list(ti, rows)
    places = [which] * rows if which.__class__ is int else number_list(which, rows)
    for row, (number, index, given) in enumerate(zip(pans, tis, places, strict=True)):
        place = given if given.__class__ is int else whole(given)
        if not 0 <= place < count:
            faults[row] = Fault.KEY
            continue
        try:
            meter = MeterPAN(number)
            if meter is number:
                meter = MeterPAN(str(number))  # a laboratory's may never have been checked
        except FieldError:
            faults[row] = Fault.PAN
            continue
        known = TIS.get(index if index.__class__ is int else tariff_index(index))
        if known is None:
            faults[row] = Fault.TI
        else:
            deriver = derivers[place]
            made[row] = dress(deriver.ea, deriver.make(meter, known))
    return made, faults


def encode(
    code: Numbers, values: Mapping[str, Any], keys: DecoderKeys, ciphers: Ciphers
) -> tuple[list[str], list[int]]:
    """Return the 20 digits of each row, empty where there are none, and what is wrong with it."""
    rows = len(ciphers)
    tokens, faults = [""] * rows, keys.fault_list().copy()
    if code.__class__ is int and len(keys.templates) == 1 and any(ciphers):
        kinds: Iterable[_Kind] = ((code, len(keys.templates[0].key), range(rows)),)
    else:
        kinds = _kinds(zip(whole_list(code, rows), keys.sizes(), strict=True), ciphers)
    for one, size, places in kinds:
        reader = READERS[8 * size][one] if 0 <= one < _CODES else None
        if reader is None:
            _mark(faults, places, _fault_of_code(one, 8 * size))
            continue
        row = reader[0]
        columns = fields_of(row, values)
        every = _every(columns, rows, arrays=keys.arrays)
        for place in places:
            cipher = ciphers[place]
            if cipher is None:
                continue
            try:
                data = row.place(*every[place])
            except (TypeError, ValueError, ArithmeticError):  # what numbers of other kinds may raise
                data = -1
            if data.__class__ is not int or data < 0:
                # Numbers of other libraries, and what is none.
                data = row.place(*(whole(element(column, place)) for column in columns))
            if data < 0:
                faults[place] = Fault.FIELD
            else:
                tokens[place] = digits_of(row, data, cipher)
    return tokens, faults


_Kind = tuple[int, int, Sequence[int]]
"""A code, a size of keys in bytes, and the rows that have both."""


def _kinds(shapes: Iterable[tuple[int, int]], ciphers: Ciphers) -> Iterable[_Kind]:
    """Return the kinds that there are among rows with a key. shapes: code and size of each row."""
    kinds: dict[tuple[int, int], list[int]] = {}
    for place, (shape, cipher) in enumerate(zip(shapes, ciphers, strict=True)):
        if cipher is not None:
            kinds.setdefault(shape, []).append(place)
    return [(code, size, places) for (code, size), places in kinds.items()]


def _every(columns: Sequence[Any], rows: int, *, arrays: bool) -> list[tuple[Any, ...]]:
    """Return the values of each row. Raises FieldError for a column of another length."""
    try:
        plain = [column.tolist() if is_array(column) else column for column in columns] if arrays else columns
        every = list(zip(*plain, strict=True))
    except (TypeError, ValueError):  # one number for all rows, or a column of another length
        every = []
    if len(every) == rows:
        return every
    return list(zip(*(number_list(column, rows) for column in columns), strict=True))


def _fault_of_code(code: int, key_bits: int) -> Fault:
    """Return what is wrong with a code that has no layout under a key of key_bits."""
    elsewhere = 0 <= code < _CODES and READERS[192 - key_bits][code]
    return Fault.KEY_LENGTH if elsewhere else Fault.CODE


def _mark(faults: list[int], places: Sequence[int], fault: Fault) -> None:
    for place in places:
        faults[place] = faults[place] or fault


def digits_of(row: Layout, data: int, cipher: BlockCipher | None) -> str:
    """Return the 20 digits of a token. data: upper 48 bits of the block. cipher: used but for class 1."""
    token_class = row.token_class
    block = data << CRC_BITS | row.checksum(row.top | data)
    if cipher and token_class not in UNENCRYPTED_CLASSES:
        block = cipher.encrypt(block)
    # As insert_class, in place: this runs for every token.
    number = block & WITHOUT_CLASS | token_class << CLASS_SHIFT | (block >> CLASS_SHIFT & 3) << 64
    return "%020d" % number  # noqa: UP031 - half the time of an f-string


def decode(tokens: _Column, keys: DecoderKeys, ciphers: Ciphers) -> tuple[list[int], list[int], list[int]]:
    """Return code, upper 48 bits of the block and fault of each row."""
    codes, contents, faults = [], [], keys.fault_list().copy()
    for place, (token, size, cipher) in enumerate(zip(tokens, keys.sizes(), ciphers, strict=True)):
        code = data = 0
        if cipher is not None:
            try:
                number = parse_digits(token)
            except CarrierError:
                faults[place] = Fault.CARRIER
            else:
                code, data, fault = read_number(number, cipher, 8 * size)
                if fault:
                    faults[place] = fault
        codes.append(code)
        contents.append(data)
    return codes, contents, faults


def read_number(number: int, cipher: BlockCipher, key_bits: int) -> tuple[int, int, int]:
    """Return code, upper 48 bits of the block and fault of a 66-bit number."""
    token_class = number >> CLASS_SHIFT & 3
    block = number & WITHOUT_CLASS | number >> 64 << CLASS_SHIFT
    if token_class not in UNENCRYPTED_CLASSES:
        block = cipher.decrypt(block)
    code, data = token_class << 4 | block >> SUBCLASS_SHIFT, block >> CRC_BITS
    reader = READERS[key_bits][code]
    if reader is not None:
        row = reader[0]
        if row.checksum(row.top | data) == block & _CRC and row.admits(data):
            return code, data, 0
    fault = Fault.NONE
    try:
        unpack(token_class, block, key_bits)  # which says what is wrong
    except TokenError as error:
        fault = fault_of(error)
    return (code, data, fault) if fault in _SPEAKING else (0, 0, fault)


def take(name: str, codes: _Column, wide: _Column, contents: _Column) -> list[int]:
    """Return one field of each row, 0 where the row's type has no field of that name."""
    values = []
    for code, is_wide, data in zip(codes, wide, contents, strict=True):
        reader = READERS[128 if is_wide else 64][code]
        shift, mask = reader[0].masks.get(name, _NOWHERE) if reader else _NOWHERE
        values.append(data >> shift & mask)
    return values


def encode_key_change(
    current: DecoderKeys, new: DecoderKeys, roll_over: _Column, carry_sgc: _Column, ciphers: Ciphers
) -> tuple[list[list[str]], list[int], list[int]]:
    """Return of each row the tokens, four with empty ones behind, how many they are, and the fault."""
    sets, counts = [], []
    faults = [one or other for one, other in zip(current.fault_list(), new.fault_list(), strict=True)]
    keys = zip(current.objects(), new.objects(), ciphers, strict=True)
    for row, (old_key, new_key, cipher) in enumerate(keys):
        tokens: list[str] = []
        if old_key and new_key and cipher:
            try:
                flags = _FLAGS[roll_over[row]], _FLAGS[carry_sgc[row]]
                sections = key_change_set(old_key, new_key, roll_over=flags[0], carry_sgc=flags[1])
                tokens = [digits_of(section.layout, section.data, cipher) for section in sections]
            except RuleError:
                faults[row] = Fault.RULE
            except (FieldError, KeyError):
                faults[row] = Fault.FIELD
        sets.append(tokens + [""] * (TOKENS_MAX - len(tokens)))
        counts.append(len(tokens))
    return sets, counts, faults
