"""One plain row by itself, the shortest way through: a batch of one must not cost more than a single call.

Only what is usual is done here. For everything else (a fault, another form of column, several keys) the
answer is None, and the loop finds out what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voltoken.errors import CarrierError
from voltoken.sts.batch.columns import text_list
from voltoken.sts.batch.keys import DecoderKeys
from voltoken.sts.batch.loop import digits_of, read_number
from voltoken.sts.carriers import parse_digits
from voltoken.sts.ciphers.sta_tables import STATables
from voltoken.sts.codec import READERS

_ODD = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError)
"""What comes of reading a row that is not plain as if it were."""


def encode(code: Any, values: Mapping[str, Any], keys: DecoderKeys, tables: STATables | None) -> str | None:
    """Return the 20 digits of the only row."""
    try:
        (template,) = keys.templates
        row = READERS[8 * len(template.key)][code][0]
        fields = []
        for name in row.names:
            column = values[name]
            if column.__class__ is not int:
                (column,) = column if column.__class__ is list else column.tolist()
            fields.append(column)
        data = row.place(*fields)
        cipher = keys.only_cipher(tables)
        return digits_of(row, data, cipher) if data.__class__ is int and data >= 0 <= code else None
    except _ODD:
        return None


def decode(tokens: Any, keys: DecoderKeys, tables: STATables | None) -> tuple[int, int] | None:
    """Return code and upper 48 bits of the only row."""
    try:
        (token,) = tokens if tokens.__class__ is list else text_list(tokens)
        (template,) = keys.templates
        number, cipher = parse_digits(token), keys.only_cipher(tables)
    except (*_ODD, CarrierError):
        return None
    code, data, fault = read_number(number, cipher, 8 * len(template.key))
    return None if fault else (code, data)
