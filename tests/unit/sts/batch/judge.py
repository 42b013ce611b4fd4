"""What the public scalar interface says about a row: the judge of the batch engine.

Every function answers what a batch must answer: the value and ``Fault.NONE``, or a fault and the error that
the scalar interface raised. ``KEY`` and ``CODE`` are notions of a batch alone and come without an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from voltoken.errors import (
    CarrierError,
    FieldError,
    IntegrityError,
    RuleError,
    TokenError,
    TokenRangeError,
    UnsupportedToken,
    VoltokenError,
)
from voltoken.sts import (
    TI,
    DecoderKey,
    Deriver,
    InitiateMeterTestDisplay,
    MeterPAN,
    Service,
    STATables,
    Token,
    TokenCipher,
    TransferCredit,
    TransferCurrency,
    decode,
    encode,
    encode_key_change,
    key_change_set,
)
from voltoken.sts.batch import Fault
from voltoken.sts.codec import TOKEN_TYPES
from voltoken.sts.layouts import LAYOUTS, Layout

FAULTS_OF_TOKENS = {
    CarrierError: Fault.CARRIER,
    IntegrityError: Fault.INTEGRITY,
    UnsupportedToken: Fault.UNSUPPORTED,
    TokenRangeError: Fault.RANGE,
}


def _maker(row: Layout) -> Callable[..., Token]:
    kind = next(kind for kind in TOKEN_TYPES if row in kind.rows)
    if kind in (TransferCredit, TransferCurrency):
        return partial(kind, Service(row.subclass))
    return partial(kind, row.subclass) if kind is InitiateMeterTestDisplay else kind


MAKERS = {row: _maker(row) for row in LAYOUTS}


def code_of(row: Layout) -> int:
    """Return what stands for the type of a layout in a column."""
    return 16 * row.token_class + row.subclass


class Key(NamedTuple):
    """A key, or what is wrong with its row."""

    key: DecoderKey | None
    fault: Fault = Fault.NONE
    error: VoltokenError | None = None


class Number(NamedTuple):
    """The digits of a token, or what is wrong with its row."""

    digits: str
    fault: Fault = Fault.NONE
    error: VoltokenError | None = None


class Reading(NamedTuple):
    """A token, or what is wrong with the text; code and data of authentic tokens always."""

    token: Token | None
    code: int = 0
    data: int = 0
    fault: Fault = Fault.NONE
    error: VoltokenError | None = None


class Change(NamedTuple):
    """The tokens of a key change set, or what is wrong with its row."""

    tokens: tuple[str, ...]
    fault: Fault = Fault.NONE
    error: VoltokenError | None = None


def key_of(pan: str, ti: int, derivers: Sequence[Deriver], place: int) -> Key:
    """Derive a key."""
    if not 0 <= place < len(derivers):
        return Key(None, Fault.KEY)
    try:
        meter = MeterPAN(pan)
    except FieldError as error:
        return Key(None, Fault.PAN, error)
    try:
        index = TI(f"{ti:02d}")
    except FieldError as error:
        return Key(None, Fault.TI, error)
    return Key(derivers[place].derive(meter, index))


def number_of(code: int, values: Mapping[str, int], key: Key, tables: STATables) -> Number:
    """Encode a token. values: every field of its type, and others."""
    if key.key is None:
        return Number("", key.fault, key.error)
    bits = key.key.ea.key_bits
    rows = [row for row in LAYOUTS if code_of(row) == code]
    fitting = [row for row in rows if row.key_bits in (None, bits)]
    if not rows:
        return Number("", Fault.CODE)
    row = (fitting or rows)[0]
    fault = Fault.FIELD if fitting else Fault.KEY_LENGTH
    try:
        token = MAKERS[row](*(values[name] for name in row.names))
        return Number(encode(token, TokenCipher(key.key, tables)).digits)
    except FieldError as error:
        return Number("", fault, error)


def reading_of(text: str, key: Key, tables: STATables) -> Reading:
    """Decode a token."""
    if key.key is None:
        return Reading(None, fault=key.fault, error=key.error)
    cipher = TokenCipher(key.key, tables)
    try:
        token = decode(text, cipher)
    except TokenError as error:
        fault = FAULTS_OF_TOKENS[type(error)]
        if fault in (Fault.CARRIER, Fault.INTEGRITY):
            return Reading(None, fault=fault, error=error)
        return Reading(None, *_content(text, cipher), fault, error)
    return Reading(token, 16 * token.token_class + token.subclass, token.data)


def _content(text: str, cipher: TokenCipher) -> tuple[int, int]:
    """Return code and upper 48 bits of any token, bit by bit as the standard has it."""
    bits = f"{int(''.join(filter(str.isdigit, text))):066b}"
    token_class, block = int(bits[37:39], 2), int(bits[2:37] + bits[0:2] + bits[39:], 2)
    if token_class in (0, 2):
        block = cipher.block.decrypt(block)
    return token_class << 4 | block >> 60, block >> 16


def change_of(current: Key, new: Key, *, roll_over: int, carry_sgc: int, tables: STATables) -> Change:
    """Make a key change set."""
    faulty = current if current.key is None else new
    if current.key is None or new.key is None:
        return Change((), faulty.fault, faulty.error)
    if not {roll_over, carry_sgc} <= {0, 1}:
        return Change((), Fault.FIELD)
    try:
        sections = key_change_set(current.key, new.key, roll_over=roll_over == 1, carry_sgc=carry_sgc == 1)
    except RuleError as error:
        return Change((), Fault.RULE, error)
    except FieldError as error:
        return Change((), Fault.FIELD, error)
    numbers = encode_key_change(sections, TokenCipher(current.key, tables))
    return Change(tuple(number.digits for number in numbers))
