"""Tokens of many rows, there and back: the doors of encoding and decoding, and which way they go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from voltoken.errors import CarrierError, FieldError, VoltokenError
from voltoken.sts.batch import loop
from voltoken.sts.batch.columns import (
    count_rows,
    element,
    number_array,
    number_list,
    numpy_found,
    result,
    text_array,
    text_list,
    whole,
    whole_list,
)
from voltoken.sts.batch.keys import DecoderKeys, caught, check_tables
from voltoken.sts.batch.names import ZERO_BY_DEFAULT, fields_of
from voltoken.sts.carriers import TokenNumber
from voltoken.sts.ciphers.sta_tables import STATables
from voltoken.sts.codec import READERS, TokenCipher
from voltoken.sts.codec import decode as decode_one
from voltoken.sts.codec import encode as encode_one
from voltoken.sts.tokens import Token

if TYPE_CHECKING:
    from voltoken.sts.batch.columns import Numbers, Result, Texts

FEW: Final = 32
"""Below this many rows the scalar loop is faster than calling numpy."""
_DIGITS: Final = 20


class Encoded:
    """What ``encode`` made: a column of tokens and one of faults.

    tokens: the 20 digits of each row, empty where it was refused. faults: see ``Fault``.
    """

    __slots__ = ("_again", "faults", "tokens")

    def __init__(self, tokens: Result, faults: Result, again: Callable[[int], object]) -> None:
        self.tokens = tokens
        self.faults = faults
        self._again = again

    def error(self, row: int) -> VoltokenError | None:
        """Return what is wrong with a row as the scalar path says it, or None."""
        return caught(lambda: self._again(row))

    def __repr__(self) -> str:
        """Return how many rows, without tokens."""
        return f"{type(self).__name__}({len(self.faults)} rows)"


class Decoded:
    """What ``decode`` read: columns of codes, contents and faults.

    code: 16 * class + subclass. data: the upper 48 bits of the block, subclass and fields. Both are 0 for
    rows whose checksum did not match, because nothing may be said of them.
    faults: see ``Fault``.
    """

    __slots__ = ("_again", "_wide", "code", "data", "faults")

    def __init__(
        self, code: Result, data: Result, faults: Result, wide: Result, again: Callable[[int], Token]
    ) -> None:
        self.code = code
        self.data = data
        self.faults = faults
        self._wide = wide
        self._again = again

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.faults)

    def __getitem__(self, row: int) -> Token:
        """Return the token of one row, read again by the scalar path. Raises what is wrong with the row."""
        return self._again(row)

    def __repr__(self) -> str:
        """Return how many rows, without what they hold."""
        return f"Decoded({len(self)} rows)"

    def error(self, row: int) -> VoltokenError | None:
        """Return what is wrong with a row as the scalar path says it, or None."""
        return caught(lambda: self._again(row))

    def field(self, name: str) -> Result:
        """Return one field of every row by its name in ``layouts``, 0 where the row's type has none."""
        if len(self) < FEW or not numpy_found():
            columns = [list(column) for column in (self.code, self._wide, self.data)]
            return result(loop.take(name, *columns), "i8")
        from voltoken.sts.batch.kernels import layout

        return layout.take(name, self.code, self._wide, self.data)


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
    rows = count_rows(keys=keys, code=code, **values)
    check_tables(keys, sta_tables)
    given: dict[str, Numbers] = {ZERO_BY_DEFAULT: 0, **values}

    def again(row: int) -> object:
        return encode_one(
            _token(whole(element(code, row)), given, row, keys), TokenCipher(keys[row], sta_tables)
        )

    if rows < FEW or not numpy_found():
        columns = {name: number_list(column, rows) for name, column in given.items()}
        tokens, faults = loop.encode(whole_list(code, rows), columns, keys.rows(), keys.ciphers(sta_tables))
        return Encoded(result(tokens, f"S{_DIGITS}"), result(faults, "u1"), again)
    from voltoken.sts.batch.kernels import tokens as kernel

    arrays = {name: number_array(column, rows) for name, column in given.items()}
    return Encoded(*kernel.encode(number_array(code, rows), arrays, keys.columns(), sta_tables), again)


def decode(tokens: Texts, keys: DecoderKeys, sta_tables: STATables | None = None) -> Decoded:
    """Read each row's token: check its digits, decrypt it, check it and take it apart.

    tokens: texts of 20 digits; blanks and hyphens between them are ignored, but cost time.
    keys: one for each row. sta_tables: needed when a key is for EA07.
    Raises FieldError when there are more or fewer keys than tokens, or EA07 has no tables.
    """
    rows = count_rows(tokens=tokens, keys=keys)
    check_tables(keys, sta_tables)

    def again(row: int) -> Token:
        return decode_one(element(tokens, row), TokenCipher(keys[row], sta_tables))

    if rows < FEW or not numpy_found():
        held = keys.rows()
        codes, data, faults = loop.decode(text_list(tokens), held, keys.ciphers(sta_tables))
        wide = [int(len(key) == 16) for key in held.keys]
        return Decoded(
            result(codes, "u1"), result(data, "u8"), result(faults, "u1"), result(wide, "u1"), again
        )
    from voltoken.sts.batch.kernels import tokens as kernel
    from voltoken.sts.batch.kernels.digits import parse_digits

    low, high, invalid = parse_digits(text_array(tokens, _DIGITS))
    for row in invalid.nonzero()[0].tolist():  # written with blanks, or no token
        number = _number(element(tokens, row))
        if number is not None:
            low[row], high[row], invalid[row] = number & _LOW, number >> 64, 0
    columns = keys.columns()
    return Decoded(*kernel.decode(low, high, invalid, columns, sta_tables), columns.wide, again)


_LOW: Final = (1 << 64) - 1


def _number(text: str) -> int | None:
    """Return the number of a token that is not just 20 digits, None where it is no token."""
    try:
        return TokenNumber.parse(text)
    except CarrierError:
        return None


def _token(code: int, values: Mapping[str, Any], row: int, keys: DecoderKeys) -> Token:
    """Return the token of one row as an object. Raises FieldError for what is wrong with it."""
    key_bits = 8 * len(keys[row].key)
    for bits in (key_bits, 192 - key_bits):
        reader = READERS[bits][code] if 0 <= code < 64 else None
        if reader is not None:
            layout, make = reader
            return make(*(element(column, row) for column in fields_of(layout, values)))
    raise FieldError("code", code, "16 * class + subclass of a token type with a public layout")
