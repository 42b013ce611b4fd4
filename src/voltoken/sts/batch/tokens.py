"""Tokens of many rows, there and back: the doors of encoding and decoding, and which way they go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from voltoken.errors import CarrierError, FieldError, VoltokenError
from voltoken.sts.batch import alone, loop
from voltoken.sts.batch.columns import (
    as_arrays,
    as_list,
    check_length,
    element,
    is_array,
    number_array,
    numpy_found,
    text_array,
    text_list,
    whole,
)
from voltoken.sts.batch.keys import DecoderKeys, caught, check_tables
from voltoken.sts.batch.names import fields_of
from voltoken.sts.carriers import TokenNumber
from voltoken.sts.ciphers.sta_tables import STATables
from voltoken.sts.codec import READERS, TokenCipher
from voltoken.sts.codec import decode as decode_one
from voltoken.sts.codec import encode as encode_one
from voltoken.sts.tokens import Token

if TYPE_CHECKING:
    from voltoken.sts.batch.columns import Numbers, Result, Texts

FEW_TOKENS: Final = 44
FEW_READ: Final = 48
"""Below this many rows the scalar loop is faster than calling numpy."""
_DIGITS: Final = 20
_LOW: Final = (1 << 64) - 1
_TEXT: Final = f"S{_DIGITS}"


class Encoded:
    """What ``encode`` made: a column of tokens and one of faults.

    tokens: the 20 digits of each row, empty where it was refused; S20, or str in a list.
    faults: see ``Fault``.
    """

    __slots__ = ("_source", "faults", "tokens")

    def __init__(self, tokens: Result, faults: Result, source: tuple[Any, ...]) -> None:
        self.tokens = tokens
        self.faults = faults
        self._source = source

    def error(self, row: int) -> VoltokenError | None:
        """Return what is wrong with a row as the scalar path says it, or None."""
        return caught(_encode_one, *self._source, row)

    def __repr__(self) -> str:
        """Return how many rows, without tokens."""
        return f"Encoded({len(self.faults)} rows)"


class Decoded:
    """What ``decode`` read: columns of codes, contents and faults.

    code: 16 * class + subclass. data: the upper 48 bits of the block, subclass and fields. Both are 0 for
    rows whose checksum did not match, because nothing may be said of them.
    faults: see ``Fault``.
    """

    __slots__ = ("_source", "code", "data", "faults")

    def __init__(self, code: Result, data: Result, faults: Result, source: tuple[Any, ...]) -> None:
        self.code = code
        self.data = data
        self.faults = faults
        self._source = source

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.faults)

    def __getitem__(self, row: int) -> Token:
        """Return the token of one row, read again by the scalar path. Raises what is wrong with the row."""
        tokens, keys, tables = self._source
        return _decode_one(tokens, keys, tables, row)

    def __repr__(self) -> str:
        """Return how many rows, without what they hold."""
        return f"Decoded({len(self)} rows)"

    def error(self, row: int) -> VoltokenError | None:
        """Return what is wrong with a row as the scalar path says it, or None."""
        return caught(self.__getitem__, row)

    def field(self, name: str) -> Result:
        """Return one field of every row by its name in ``layouts``, 0 where the row's type has none."""
        _, keys, _ = self._source
        if not is_array(self.data):
            return loop.take(name, self.code, [size == 16 for size in keys.sizes()], self.data)
        from voltoken.sts.batch.kernels import layout

        return layout.take(name, self.code, keys.columns().wide, self.data)


def encode(
    code: Numbers, values: Mapping[str, Numbers], keys: DecoderKeys, sta_tables: STATables | None = None
) -> Encoded:
    """Return the 20 digits of each row's token.

    code: 16 * class + subclass, see ``code_of``. values: columns by the names of the fields in ``layouts``;
    ``pad`` is zero where it is not given. keys: one for each row; tokens of class 1 do not use it.
    sta_tables: needed when a key is for EA07.
    Rows with a value out of range, or that their key cannot make, get a fault and no token.
    Raises FieldError when a column is missing or of another length, or EA07 has no tables.
    """
    source = code, values, keys, sta_tables
    if keys.size < FEW_TOKENS or not numpy_found():
        token = alone.encode(code, values, keys, sta_tables) if keys.size == 1 else None
        if token:
            tokens, faults = [token], [0]
        else:
            tokens, faults = loop.encode(code, values, keys, keys.ciphers(sta_tables))
        if keys.arrays:
            tokens, faults = as_arrays((tokens, _TEXT), (faults, "u1"))
        return Encoded(tokens, faults, source)
    from voltoken.sts.batch.kernels import tokens as kernel

    if sta_tables is None:
        check_tables(keys)
    texts, marks = kernel.encode(number_array(code, keys.size), values, keys.columns(), sta_tables)
    return Encoded(texts, marks, source) if keys.arrays else Encoded(as_list(texts), as_list(marks), source)


def _encode_one(
    code: Numbers, values: Mapping[str, Any], keys: DecoderKeys, tables: STATables | None, row: int
) -> TokenNumber:
    """Return the token of one row by the scalar path. Raises what is wrong with the row."""
    key, one = keys[row], whole(element(code, row))
    key_bits = 8 * len(key.key)
    for bits in (key_bits, 192 - key_bits):
        reader = READERS[bits][one] if 0 <= one < len(READERS[bits]) else None
        if reader is not None:
            layout, make = reader
            fields = [element(column, row) for column in fields_of(layout, values)]
            return encode_one(make(*fields), TokenCipher(key, tables))
    raise FieldError("code", one, "16 * class + subclass of a token type with a public layout")


def decode(tokens: Texts, keys: DecoderKeys, sta_tables: STATables | None = None) -> Decoded:
    """Read each row's token: check its digits, decrypt it, check it and take it apart.

    tokens: texts of 20 digits; blanks and hyphens between them are ignored, but cost time.
    keys: one for each row. sta_tables: needed when a key is for EA07.
    Raises FieldError when there are more or fewer keys than tokens, or EA07 has no tables.
    """
    rows, source = keys.size, (tokens, keys, sta_tables)
    if rows < FEW_READ or not numpy_found():
        found = alone.decode(tokens, keys, sta_tables) if rows == 1 else None
        if found:
            codes, data, faults = [found[0]], [found[1]], [0]
        else:
            check_length(tokens, rows)
            codes, data, faults = loop.decode(text_list(tokens), keys, keys.ciphers(sta_tables))
        if is_array(tokens):
            codes, data, faults = as_arrays((codes, "u1"), (data, "u8"), (faults, "u1"))
        return Decoded(codes, data, faults, source)
    check_length(tokens, rows)
    from voltoken.sts.batch.kernels import tokens as kernel
    from voltoken.sts.batch.kernels.digits import parse_digits

    if sta_tables is None:
        check_tables(keys)
    low, high, invalid = parse_digits(text_array(tokens, _DIGITS))
    for row in invalid.nonzero()[0].tolist():  # written with blanks, or no token
        number = _number(element(tokens, row))
        if number is not None:
            low[row], high[row], invalid[row] = number & _LOW, number >> 64, 0
    read = kernel.decode(low, high, invalid, keys.columns(), sta_tables)
    code, contents, marks = read if is_array(tokens) else map(as_list, read)
    return Decoded(code, contents, marks, source)


def _decode_one(tokens: Texts, keys: DecoderKeys, tables: STATables | None, row: int) -> Token:
    """Return the token of one row by the scalar path. Raises what is wrong with the row."""
    cipher = TokenCipher(keys[row], tables)
    return decode_one(TokenNumber.parse(element(tokens, row)), cipher)


def _number(text: str) -> int | None:
    """Return the number of a token that is not just 20 digits, None where it is no token."""
    try:
        return TokenNumber.parse(text)
    except CarrierError:
        return None
