"""Key change sets of many meters: the door, and which way it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from voltoken.errors import FieldError, VoltokenError
from voltoken.sts.batch import loop
from voltoken.sts.batch.columns import (
    as_arrays,
    as_list,
    check_length,
    element,
    number_array,
    numpy_found,
    whole,
    whole_list,
)
from voltoken.sts.batch.keys import DecoderKeys, caught, check_tables
from voltoken.sts.ciphers.sta_tables import STATables
from voltoken.sts.keychange import key_change_set
from voltoken.sts.management import KeyChangeSection

if TYPE_CHECKING:
    from voltoken.sts.batch.columns import Numbers, Result

FEW: Final = 16
"""Below this many rows the scalar loop is faster than calling numpy."""


class KeyChangeSets:
    """What ``encode_key_change`` made: the tokens of each row's set, and a column of faults.

    tokens: four columns, the 20 digits of each section in order, empty behind the end of a shorter set.
    counts: how many tokens each set has, 2 to 4, and 0 where it was refused. faults: see ``Fault``.
    """

    __slots__ = ("_source", "counts", "faults", "tokens")

    def __init__(self, tokens: Result, counts: Result, faults: Result, source: tuple[Any, ...]) -> None:
        self.tokens = tokens
        self.counts = counts
        self.faults = faults
        self._source = source

    def error(self, row: int) -> VoltokenError | None:
        """Return what is wrong with a row as the scalar path says it, or None."""
        return caught(_sections_of_one, *self._source, row)

    def __repr__(self) -> str:
        """Return how many rows, without tokens."""
        return f"KeyChangeSets({len(self.faults)} rows)"


def encode_key_change(
    current: DecoderKeys,
    new: DecoderKeys,
    roll_over: Numbers = 0,
    carry_sgc: Numbers = 0,
    sta_tables: STATables | None = None,
) -> KeyChangeSets:
    """Return the tokens that take each row's meter from its current key to a new one.

    roll_over, carry_sgc: 0 or 1, for all rows or for each, as ``voltoken.sts.key_change_set`` has them.
    sta_tables: needed when a key is for EA07. Rows that a rule forbids get a fault and no tokens; whether
    the new vending key has expired depends on the time of issue and is not looked at here.
    Raises FieldError when the columns differ in length, or EA07 has no tables.
    """
    rows, source = current.size, (current, new, roll_over, carry_sgc)
    check_length(new, rows)
    if rows < FEW or not numpy_found():
        flags = whole_list(roll_over, rows), whole_list(carry_sgc, rows)
        sets, counts, faults = loop.encode_key_change(current, new, *flags, current.ciphers(sta_tables))
        if current.arrays:
            sets, counts, faults = as_arrays((sets, "S20"), (counts, "u1"), (faults, "u1"))
        return KeyChangeSets(sets, counts, faults, source)
    from voltoken.sts.batch.kernels import keychange

    if sta_tables is None:
        check_tables(current)
    flag_columns = number_array(roll_over, rows), number_array(carry_sgc, rows)
    made = keychange.encode(current, new, *flag_columns, sta_tables)
    tokens, lengths, marks = made if current.arrays else map(as_list, made)
    return KeyChangeSets(tokens, lengths, marks, source)


def _sections_of_one(
    current: DecoderKeys, new: DecoderKeys, roll_over: Numbers, carry_sgc: Numbers, row: int
) -> tuple[KeyChangeSection, ...]:
    """Return the sections of one row by the scalar path. Raises what is wrong with the row."""
    keys = current[row], new[row]
    roll, carry = _flag("roll_over", element(roll_over, row)), _flag("carry_sgc", element(carry_sgc, row))
    return key_change_set(*keys, roll_over=roll, carry_sgc=carry)


def _flag(name: str, value: object) -> bool:
    """Return 0 or 1 as what it says. Raises FieldError for another value."""
    if whole(value) not in (0, 1):
        raise FieldError(name, value, "0 or 1")
    return whole(value) == 1
